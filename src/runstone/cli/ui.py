"""``runstone ui``."""

from __future__ import annotations

import click

from .shell import store_option


@click.command("ui")
@click.option("-h", "--host", default=None, help="Address to listen on; default 127.0.0.1 (RUNSTONE_HOST).")
@click.option(
    "-p", "--port", type=click.IntRange(0, 65535), default=None, help="Default 5000 (RUNSTONE_PORT), or the next free one."
)
@click.option("--static-prefix", default="", help="Path below which it is reached behind a proxy, like /ml.")
@click.option("--no-auth", is_flag=True, help="Listen on an address that other machines reach although nobody has to sign in.")
@click.option("--open", "browse", is_flag=True, help="Open it in the browser.")
@store_option
def ui(host: str | None, port: int | None, static_prefix: str, no_auth: bool, browse: bool, store: str) -> None:
    """Serve the UI on this machine and say where; Ctrl-C ends it."""
    from runstone import connect, settings
    from runstone.server.listen import TRIES, Address, free_port, leave, serve

    from .opening import store_uri
    from .output import note
    from .serving import check_host, make_app, wants_auth

    where, first = host or settings.HOST.get(), settings.PORT.get() if port is None else port
    signing_in = wants_auth(False, no_auth)
    check_host(where, signing_in or no_auth)
    uri = store_uri(store)
    app = make_app(uri, where, prefix=static_prefix, auth=signing_in)
    found = free_port(where, first, TRIES if first else 1)
    address = Address(where, found)

    def ready() -> None:
        if first and found != first:
            note(f"Port {first} is taken; using {found}.")
        click.echo(f"Runstone UI: {address.url(static_prefix)}   store: {connect.shown(uri)}   (Ctrl-C ends it)")
        if browse:
            import webbrowser

            webbrowser.open(address.url(static_prefix))

    serve(app, address, ready)
    leave()
