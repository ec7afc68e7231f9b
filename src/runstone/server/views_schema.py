"""Requests and answers about saved views of runs tables; see :mod:`.schema` for what holds for all."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

#: Most views of one experiment, most characters of all that one view says.
MOST_VIEWS, MOST_TEXT = 500, 60_000

ViewName = Annotated[str, Meta(min_length=1, max_length=200)]
#: What the address of the page says after its ``?``, key by key.
ViewSearch = dict[Annotated[str, Meta(pattern="^[a-z]{1,16}$")], str]


class SavedView(Struct):
    """A whole view of a runs table. ``key`` begins with the id of the experiment that it is kept with and never changes:
    ``/v/KEY`` is its address. ``is_default``: it is what a plain link to the experiment shows. ``user_id`` saved it last."""

    key: str
    experiment_id: str
    name: str
    search: dict[str, str]
    created: int
    updated: int
    user_id: str
    is_default: bool


class SavedViews(Struct):
    """By name. ``may_edit``: whether the caller may save, change and delete views here."""

    views: list[SavedView]
    may_edit: bool


class ViewsQuery(Struct):
    """``exp`` is the id of one experiment."""

    exp: str


class NewView(Struct, forbid_unknown_fields=True):
    """``key`` brings back a view that was deleted, under the address that it had; else a new one is drawn."""

    experiment_id: str
    name: ViewName
    search: ViewSearch
    is_default: bool = False
    key: str = ""


class ViewEdit(Struct, forbid_unknown_fields=True):
    name: ViewName | UnsetType = UNSET
    search: ViewSearch | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET


class ViewGone(Struct):
    """``key`` was deleted."""

    key: str
    status: Literal["deleted"] = "deleted"
