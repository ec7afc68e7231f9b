"""What changed from one run to another: the five layers of :mod:`.identity`, then the metrics that moved."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from runstone.entities import Run

from .identity import LAYERS, Identity, command_text, host_of, identity, is_seed, packages_of, sources_of

#: Longest text of a code difference, characters.
TEXT_CAP = 200_000
_HOST_FACTS = ("python", "implementation", "os", "cpu", "cpu_count", "gpus")


class Evidence(Struct, frozen=True):
    """A run and its documents by name."""

    run: Run
    documents: Mapping[str, str]

    @property
    def identity(self) -> Identity:
        return identity(self.run, self.documents)


class Change(Struct, frozen=True):
    """``None``: not there."""

    name: str
    before: str | None
    after: str | None


class LayerChange(Struct, frozen=True):
    """``same`` is ``None`` where too little was recorded to tell. ``text`` is a unified diff, where there is one."""

    layer: str
    same: bool | None
    changes: Sequence[Change] = ()
    text: str = ""


class MetricChange(Struct, frozen=True):
    """Last values; ``None``: not logged."""

    name: str
    before: float | None
    after: float | None


class Difference(Struct, frozen=True):
    """``metrics`` are those that moved, the ones that moved most (relative to their size) first."""

    before: str
    after: str
    layers: Sequence[LayerChange]
    metrics: Sequence[MetricChange]

    def layer(self, name: str) -> LayerChange:
        return next(one for one in self.layers if one.layer == name)

    @property
    def changed(self) -> list[str]:
        """Names of the layers that differ."""
        return [one.layer for one in self.layers if one.same is False]


def difference(before: Evidence, after: Evidence, code: str | None = None) -> Difference:
    """From one run to another.

    Args:
        code: the unified diff of the code, where the caller can make a better one than documents allow (both commits at hand).
    """
    old, new = before.identity, after.identity
    made = {
        "code": _code(before, after, code),
        "config": _config(before, after),
        "environment": _environment(before, after),
        "data": _data(before, after),
        "seed": _seeds(before, after),
    }
    layers = [LayerChange(name, _same(getattr(old, name), getattr(new, name), name), *made[name]) for name in LAYERS]
    return Difference(before.run.info.run_id, after.run.info.run_id, layers, _metrics(before.run, after.run))


def nearest(after: Evidence, earlier: Iterable[Evidence]) -> Evidence | None:
    """The run that this one most likely came from: of those that began before, the one with the most equal layers, then with
    the fewest params that differ, then the latest."""
    mine, params = after.identity, after.run.data.params

    def closeness(one: Evidence) -> tuple[int, int, int]:
        theirs = one.identity
        equal = sum(getattr(mine, name) == getattr(theirs, name) != "" for name in LAYERS)
        return equal, -len(_mapped(params, one.run.data.params)), one.run.info.start_time or 0

    begun = after.run.info.start_time or 0
    before = [e for e in earlier if e.run.info.run_id != after.run.info.run_id and (e.run.info.start_time or 0) <= begun]
    return max(before, key=closeness, default=None)


def _same(old: str, new: str, layer: str) -> bool | None:
    if old == new:
        # no dataset and no seed in both is the same; code and environment that nobody looked at may be anything
        return True if old or layer in ("data", "seed") else None
    return None if layer in ("code", "environment") and not (old and new) else False


def _code(before: Evidence, after: Evidence, given: str | None) -> tuple[list[Change], str]:
    old, new = before.run.data.tags, after.run.data.tags
    names = ("commit", "branch", "repoURL", "dirty")
    keys = [f"mlflow.source.git.{name}" for name in names]
    changes = [Change(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)]
    theirs, ours = sources_of(before.documents), sources_of(after.documents)
    for path in sorted(theirs.keys() | ours.keys()):
        a, b = theirs.get(path, {}).get("sha256"), ours.get(path, {}).get("sha256")
        if a != b:
            changes.append(Change(path, a, b))
    if given is not None:
        return changes, given[:TEXT_CAP]
    texts = [
        _unified(path, theirs.get(path, {}).get("text") or "", ours.get(path, {}).get("text") or "")
        for path in sorted(theirs.keys() | ours.keys())
        if theirs.get(path, {}).get("sha256") != ours.get(path, {}).get("sha256")
    ]
    patches = before.documents.get("git.diff", ""), after.documents.get("git.diff", "")
    if patches[0] != patches[1]:
        # against one commit the patch itself is the change; else the change of the uncommitted part
        one_side = changes == [c for c in changes if not c.name.endswith("commit")] and not patches[0]
        texts.append(patches[1] if one_side else _unified("uncommitted changes", *patches))
    return changes, "".join(texts)[:TEXT_CAP]


def _config(before: Evidence, after: Evidence) -> tuple[list[Change], str]:
    changes = [one for one in _mapped(before.run.data.params, after.run.data.params) if not is_seed(one.name)]
    commands = command_text(host_of(before.documents)), command_text(host_of(after.documents))
    if commands[0] != commands[1]:
        changes.append(Change("command line", commands[0] or None, commands[1] or None))
    return changes, ""


def _environment(before: Evidence, after: Evidence) -> tuple[list[Change], str]:
    old, new = host_of(before.documents), host_of(after.documents)
    facts = [
        Change(name, _shown(old.get(name)), _shown(new.get(name))) for name in _HOST_FACTS if old.get(name) != new.get(name)
    ]
    return facts + _mapped(packages_of(before.documents), packages_of(after.documents)), ""


def _data(before: Evidence, after: Evidence) -> tuple[list[Change], str]:
    return _mapped(_datasets(before.run), _datasets(after.run)), ""


def _datasets(run: Run) -> dict[str, str]:
    """``name (context)`` to digest and shape, as a person compares them."""
    found: dict[str, str] = {}
    for one in run.inputs.dataset_inputs:
        context = next((tag.value for tag in one.tags if tag.key == "mlflow.data.context"), "")
        name = f"{one.dataset.name} ({context})" if context else one.dataset.name
        profile = f" {one.dataset.profile}" if one.dataset.profile and len(one.dataset.profile) < 200 else ""
        found[name] = f"{one.dataset.digest}{profile}"
    return found


def _seeds(before: Evidence, after: Evidence) -> tuple[list[Change], str]:
    return [one for one in _mapped(before.run.data.params, after.run.data.params) if is_seed(one.name)], ""


def _metrics(before: Run, after: Run) -> list[MetricChange]:
    old, new = before.data.metrics, after.data.metrics
    moved = [
        MetricChange(name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if not name.startswith("system/") and not _equal(old.get(name), new.get(name))
    ]
    return sorted(moved, key=lambda one: -_size(one))


def _equal(a: float | None, b: float | None) -> bool:
    return a == b or (a is not None and b is not None and math.isnan(a) and math.isnan(b))


def _size(one: MetricChange) -> float:
    if one.before is None or one.after is None or not math.isfinite(one.before) or not math.isfinite(one.after):
        return math.inf
    scale = max(abs(one.before), abs(one.after))
    return abs(one.after - one.before) / scale if scale else 0.0


def _mapped(old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    names = sorted(old.keys() | new.keys())
    return [Change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _unified(name: str, old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _shown(value: object) -> str | None:
    if value is None:
        return None
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
