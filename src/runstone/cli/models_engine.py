"""``--engine`` of ``models serve``: what runs the processes that answer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

if TYPE_CHECKING:
    from runstone.errors import InvalidValue
    from runstone.server.listen import Address


class Engine(Struct, frozen=True):
    """What was chosen."""

    engine: str
    ray_address: str
    ray_app: str
    route_prefix: str

    @property
    def ray(self) -> bool:
        return self.engine == "ray"

    def refused(self, env_manager: str) -> InvalidValue:
        from runstone.errors import InvalidValue

        return InvalidValue(
            f"--engine ray and --env-manager {env_manager} do not go together: replicas run in the environment of the "
            "cluster's nodes. Give the nodes the model's packages: `runstone models generate-dockerfile` writes an image."
        )

    def serve(self, uri: str, every: float | None, rows: int | None, replicas: int, address: Address) -> None:
        """Answer until told to end."""
        from runstone.scoring import ray_serve

        def ready(url: str) -> None:
            click.echo(f"{uri} answers at {url}/invocations, {replicas} times, on Ray", err=True)

        wanted = ray_serve.Wanted(uri, every, rows, replicas, self.ray_address, self.ray_app, self.route_prefix)
        ray_serve.serve(wanted, address, ready)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--engine`` and what belongs to it, as one :class:`Engine`."""

    @click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="ray: replicas on the nodes of a Ray cluster, by Ray Serve; --workers says how many.",
    )
    @click.option(
        "--ray-address", default="", metavar="ADDRESS", help="Its cluster: auto, host:port. Else RAY_ADDRESS, else here."
    )
    @click.option("--ray-app", default="runstone", show_default=True, metavar="NAME", help="Of Ray Serve's application.")
    @click.option("--route-prefix", default="/", show_default=True, metavar="/PATH", help="Where it is below Ray's proxies.")
    @functools.wraps(command)
    def call(engine: str, ray_address: str, ray_app: str, route_prefix: str, **given: Any) -> Any:
        from runstone.errors import InvalidValue

        if engine != "ray" and (ray_address or ray_app != "runstone" or route_prefix != "/"):
            raise InvalidValue("--ray-address, --ray-app and --route-prefix are for --engine ray.")
        if not route_prefix.startswith("/"):
            raise InvalidValue(f"--route-prefix {route_prefix!r} begins with a slash, as in /churn.")
        return command(engine=Engine(engine, ray_address, ray_app, route_prefix), **given)

    return call
