"""``runstone server``: as mlflow's, with its options that apply."""

from __future__ import annotations

from typing import Any, TextIO

import click

from .shell import fail


@click.command("server")
@click.option(
    "--backend-store-uri", "--store", "--tracking-uri", "store", metavar="URI", default="", help="Where the runs are."
)
@click.option(
    "--default-artifact-root",
    metavar="URI",
    default="",
    help="Where experiments made here keep artifacts; default: what is served. Clients reach another place by themselves.",
)
@click.option(
    "--serve-artifacts/--no-serve-artifacts",
    default=True,
    show_default=True,
    help="Whether clients reach artifacts through this server, as mlflow-artifacts:/.",
)
@click.option(
    "--artifacts-destination",
    metavar="URI",
    default="",
    help="What is served: a folder, s3://, gs://, az://, abfss:// or wasbs://; default: the store's own folder.",
)
@click.option("--artifacts-only", is_flag=True, help="Answer for artifacts and for nothing else.")
@click.option("-h", "--host", default=None, help="Address to listen on; default 127.0.0.1 (RUNSTONE_HOST).")
@click.option(
    "-p", "--port", type=click.IntRange(0, 65535), default=None, help="Default 5000 (RUNSTONE_PORT); 0: any free one."
)
@click.option("-w", "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer.")
@click.option("--static-prefix", default="", help="Path below which it is reached behind a proxy, like /ml.")
@click.option("--allowed-hosts", default="", help="Host names that requests may carry, with commas; * as a wildcard.")
@click.option("--cors-allowed-origins", default="", help="Origins of other sites that may call, with commas.")
@click.option("--access-log", is_flag=True, help="Write a line for each request to standard error.")
@click.option(
    "--expose-prometheus",
    metavar="FOLDER",
    default="",
    help="Answer /metrics for Prometheus; workers keep their counts for each other in this folder.",
)
@click.option("--uds", metavar="PATH", default="", help="Listen on this UNIX socket and on no port; also --host unix:PATH.")
@click.option("--ssl-certfile", metavar="FILE", default="", help="Serve HTTPS with this certificate (PEM, with its chain).")
@click.option("--ssl-keyfile", metavar="FILE", default="", help="Its key (PEM, without a password).")
@click.option("--auth", is_flag=True, help="Nobody gets in without signing in (RUNSTONE_AUTH).")
@click.option("--app-name", type=click.Choice(["basic-auth"]), default=None, help="basic-auth: mlflow's way to say --auth.")
@click.option(
    "--oidc-issuer", metavar="URL", default="", help="People may sign in at this OpenID provider (RUNSTONE_OIDC_ISSUER)."
)
@click.option(
    "--oidc-client-id", metavar="ID", default="", help="What the provider knows this server by (RUNSTONE_OIDC_CLIENT_ID)."
)
@click.option(
    "--oidc-client-secret",
    metavar="FILE",
    type=click.File(),
    default=None,
    help="File with its secret there, - for standard input (or RUNSTONE_OIDC_CLIENT_SECRET): everybody can read command lines.",
)
@click.option("--no-auth", is_flag=True, help="Listen on an address that other machines reach although nobody has to sign in.")
def server(
    store: str, default_artifact_root: str, serve_artifacts: bool, artifacts_destination: str, artifacts_only: bool,
    host: str | None, port: int | None, workers: int, static_prefix: str, allowed_hosts: str, cors_allowed_origins: str,
    access_log: bool, expose_prometheus: str, uds: str, ssl_certfile: str, ssl_keyfile: str, auth: bool,
    app_name: str | None, oidc_issuer: str, oidc_client_id: str, oidc_client_secret: TextIO | None, no_auth: bool,
) -> None:  # fmt: skip
    """Serve UI and API until Ctrl-C or SIGTERM. A port that is taken is an error."""
    from runstone import connect, settings
    from runstone.server.listen import leave, serve

    from .opening import store_uri
    from .serving import artifact_places, find_address, make_app, set_oidc, wants_auth
    from .workers import serve_with_workers

    set_oidc(oidc_issuer, oidc_client_id, oidc_client_secret.read() if oidc_client_secret else "")
    signing_in = wants_auth(auth or app_name is not None, no_auth)
    if settings.OIDC_ISSUER.get() and not signing_in:
        raise click.UsageError(
            "With an OpenID provider people sign in: add --auth, or leave --oidc-issuer and RUNSTONE_OIDC_ISSUER out."
        )
    address = find_address(host, port, uds, ssl_certfile, ssl_keyfile, signing_in or no_auth)
    uri = store_uri(store)
    if artifacts_only and not serve_artifacts:
        raise click.UsageError("--artifacts-only and --no-serve-artifacts leave nothing to serve; give one of them.")
    options: dict[str, Any] = {
        "prefix": static_prefix,
        **artifact_places(default_artifact_root, artifacts_destination, serve_artifacts),
        "artifacts_only": artifacts_only,
        "hosts": allowed_hosts.split(","),
        "origins": cors_allowed_origins.split(","),
        "access_log": access_log,
        "prometheus": expose_prometheus,
        "auth": signing_in,
    }

    def ready() -> None:
        click.echo(f"Runstone server: {address.url(static_prefix)}   store: {connect.shown(uri)}   (Ctrl-C ends it)")

    app = make_app(uri, address.host, **options)  # also with workers: a wrong store or prefix is told here, once
    if workers == 1:
        serve(app, address, ready)
        leave()
    elif not serve_with_workers(uri, address, workers, options, ready):
        fail("A worker could not start; its own message is above.")
