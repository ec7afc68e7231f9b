"""``runstone models history``: what was done to a registered model."""

from __future__ import annotations

import click

from .shell import json_option, store_option


@click.command("history")
@click.argument("name")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many events.")
@json_option
@store_option
def history(name: str, limit: int, as_json: bool, store: str) -> None:
    """Show what was done to the registered model NAME, by whom and why, newest first; of one that is gone, too."""
    from .opening import open_for_reading
    from .output import moment, print_json, print_table

    events = open_for_reading(store).registry_events(name, limit=limit)
    if as_json:
        print_json(events)
        return
    rows = [
        (moment(one.time), one.user_id or None, one.event, one.version, one.key, _change(one.old, one.new), one.reason or None)
        for one in events
    ]
    print_table(["When", "Who", "What", "Version", "Key", "Change", "Why"], rows, right=["Version"])


def _change(old: str | None, new: str | None) -> str | None:
    """Both in one line, long ones cut: the whole is in the JSON."""
    words = [text if len(text) <= 60 else f"{text[:59]}…" for text in (old, new) if text is not None]
    return " → ".join(words) or None
