"""Get a run back and check it: its code, environment and command again, and its metrics compared."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct, to_builtins

from runstone.client import packages
from runstone.client.attended import Attended, attend
from runstone.client.notices import notice
from runstone.client.session import Session, session
from runstone.contracts import Batch, RunQuery
from runstone.environments import Environment, Wants, build, of_requirements, ready
from runstone.errors import InvalidValue, RunstoneError
from runstone.query.difference import Evidence, MetricChange, difference
from runstone.query.identity import CODE_TAG, command_text, host_of
from runstone.query.printer import quoted
from runstone.records import Tags

from . import environment as envs
from . import spec, surroundings
from .backends.local import Process
from .code import Origin, lay_out, origin
from .evidence import evidence
from .submitted import SubmittedRun

#: Tag of both runs with the verdict as JSON, and of the new one with the old one's id.
VERDICT_TAG, OF_TAG = "runstone.reproduction", "runstone.reproduces"
REPRODUCED, DIFFERS, CANNOT = "reproduced", "differs", "cannot"
#: ``tolerance`` by the spread of runs that differ only in their seeds; so many are needed, so many deviations are allowed.
SEEDS, SEEDS_NEEDED, DEVIATIONS = "seeds", 3, 2.0


class Plan(Struct, frozen=True):
    """What will be done for a run, and in words what would be missing (then it cannot be done) or different."""

    evidence: Evidence
    origin: Origin
    command: str
    words: Sequence[str]
    missing: Sequence[str]
    remarks: Sequence[str]


class Verdict(Struct, frozen=True):
    """``status`` is ``reproduced``, ``differs`` or ``cannot``. ``layers`` are those in which the runs differ; ``metrics`` the
    values outside the tolerance, of ``compared``; ``missing`` says why it could not be done."""

    status: str
    of: str
    run_id: str = ""
    layers: Sequence[str] = ()
    metrics: Sequence[MetricChange] = ()
    compared: int = 0
    missing: Sequence[str] = ()


def plan(run_id: str) -> Plan:
    """What it takes to make a run again, without doing it. Raises NotFound."""
    old = evidence(run_id)
    host = host_of(old.documents)
    code = origin(old)
    missing = list(code.missing) + _data_missing(old)
    words, command = host.get("command") or [], command_text(host)
    if not command:
        missing.append("the command line (none was recorded)")
    elif "***" in command:
        missing.append(f"secrets of the command line, which are not recorded: {command}")
    elif host.get("notebook") or command == "python":
        missing.append("a command line: the run was made in a notebook or by hand")
    remarks = []
    if not old.documents.get("packages"):
        remarks.append("no packages were recorded: the environment here is used")
    elif not _same_environment(old):
        remarks.append("the environment here differs from the run's: it is rebuilt (or --env-manager local)")
    return Plan(old, code, command, words if isinstance(words, list) else [], missing, remarks)


def reproduce(run_id: str, tolerance: str | float = 0.0, env_manager: str | None = None) -> Verdict:
    """Make a run again and compare. The new run is in the same experiment and linked to the old; both keep the verdict.

    Args:
        run_id: the run.
        tolerance: how far a metric may be off, relative to the larger of both values; 0 is exact. ``"seeds"``: two standard
            deviations of the runs that have the same code and params and differ only in their seeds, at least three.
        env_manager: what makes the environment. ``None``: this one if it has the same packages, else uv.

    Raises: NotFound, InvalidValue (tolerance).
    """
    here = session()
    found = plan(run_id)
    allowed = _allowed(tolerance, found.evidence, here)
    if found.missing:
        verdict = Verdict(CANNOT, run_id, missing=found.missing)
        _keep(here, verdict)
        return verdict
    for remark in found.remarks:
        notice(remark)
    new_id, trouble = _make_again(found, env_manager)
    verdict = _judged(found.evidence, new_id, allowed, trouble)
    _keep(here, verdict)
    return verdict


def _make_again(found: Plan, manager: str | None) -> tuple[str, str | None]:
    """The new run's id, and why it failed, if it did."""
    info = found.evidence.run.info
    tags = {
        OF_TAG: info.run_id,
        "mlflow.source.name": found.evidence.run.data.tags.get("mlflow.source.name", ""),
        "mlflow.source.type": "PROJECT",
        "mlflow.project.backend": "local",
    }
    attended = attend(info.experiment_id, f"{info.run_name} again", tags)
    folder = Path(tempfile.mkdtemp(prefix="runstone-reproduce-"))

    def over(status: str, cause: str | None) -> str:
        shutil.rmtree(folder, ignore_errors=True)
        return attended.end(status, cause) or status

    submitted = SubmittedRun(attended.run_id, lambda stop: _work(found, folder, manager, attended, stop), over)
    return attended.run_id, None if submitted.attend() else submitted.cause or submitted.get_status()


def _work(
    found: Plan, folder: Path, manager: str | None, attended: Attended, stop: Callable[[], str | None]
) -> tuple[str, str | None]:
    try:
        lay_out(found.origin, folder)
        environment = _environment(found.evidence, manager)
        inner = folder / found.origin.inner
        inner.mkdir(parents=True, exist_ok=True)
        attended.params(_given(found.evidence, inner, found.command))
        looked = surroundings.look(inner, found.command, environment.python, envs.packages(environment))
        surroundings.write(looked, attended)
        variables = envs.variables(
            environment, os.environ, attended.run_id, attended.run.info.experiment_id, attended.store_uri, None
        )
        return Process(_arguments(found, folder, environment), inner, variables).watch(attended, stop)
    except RunstoneError as error:
        return "FAILED", error.message


def _given(old: Evidence, folder: Path, command: str) -> dict[str, str]:
    """The parameters of a project's run, which `runstone run` logged and not the script."""
    name = old.run.data.tags.get("mlflow.project.entryPoint")
    if name is None:
        return {}
    try:
        named = set(spec.load(folder).entry_point(name).parameters)
    except RunstoneError:
        named = set()
    return {key: value for key, value in old.run.data.params.items() if key in named or f" --{key} " in command}


def _arguments(found: Plan, folder: Path, environment: Environment) -> list[str]:
    """The command; paths below the old folder of the code mean the new one."""
    if not found.words:
        return ["bash", "-c", found.command]
    host = host_of(found.evidence.documents)
    git = host.get("git")
    root = str(git.get("folder")) if isinstance(git, dict) else str(host.get("code_folder") or host.get("working_dir"))
    words = [str(folder) + word[len(root) :] if word == root or word.startswith(root + "/") else word for word in found.words]
    if found.command.startswith("python"):
        words[0] = str(environment.python)
    return words


def _environment(old: Evidence, manager: str | None) -> Environment:
    if manager == build.LOCAL or (manager is None and (_same_environment(old) or not old.documents.get("packages"))):
        return ready(Wants(), build.LOCAL)
    lines = [line for line in old.documents["packages"].splitlines() if line]
    own = [envs.own_requirement("runstone" if line.startswith("runstone==") else line) for line in lines]
    python = str(host_of(old.documents).get("python", ""))
    chosen = manager or (build.UV if build.find_uv() else build.VIRTUALENV)
    return ready(of_requirements(own, Path.cwd(), python), chosen, notice)


def _same_environment(old: Evidence) -> bool:
    return old.documents.get("packages", "") == packages.installed()


def _data_missing(old: Evidence) -> list[str]:
    """Datasets of local files that are not there."""
    missing = []
    for one in old.run.inputs.dataset_inputs:
        try:
            place = json.loads(one.dataset.source)
        except ValueError:
            continue
        uri = str(place.get("uri", "")) if isinstance(place, dict) else ""
        parts = urlsplit(uri)
        path = parts.path if parts.scheme == "file" else uri
        if os.path.isabs(path) and not os.path.exists(path):
            missing.append(f"dataset {one.dataset.name!r} ({path})")
    return missing


def _judged(old: Evidence, new_id: str, allowed: Callable[[str, float, float], bool], trouble: str | None) -> Verdict:
    of = old.run.info.run_id
    if trouble is not None:
        return Verdict(CANNOT, of, new_id, missing=[f"the command failed: {trouble}"])
    new = evidence(new_id)
    keys = [key for key in old.run.data.metrics if not key.startswith("system/")]
    off = []
    for key in keys:
        a, b = old.run.data.metrics[key], new.run.data.metrics.get(key)
        if b is None or not allowed(key, a, b):
            off.append(MetricChange(key, a, b))
    layers = difference(old, new).changed
    return Verdict(DIFFERS if off else REPRODUCED, of, new_id, layers, off, len(keys))


def _allowed(tolerance: str | float, old: Evidence, here: Session) -> Callable[[str, float, float], bool]:
    spread: Mapping[str, float] = {}
    if tolerance == SEEDS:
        spread, relative = _spread(old, here), 0.0
    else:
        try:
            relative = float(tolerance)
        except ValueError:
            relative = -1.0
        if not 0 <= relative < 1:
            raise InvalidValue(f"A tolerance is a share from 0 (exact) to 1, or 'seeds'; it is {tolerance!r}.")

    def allowed(key: str, a: float, b: float) -> bool:
        if a == b or (a != a and b != b):
            return True
        return abs(a - b) <= max(relative * max(abs(a), abs(b)), DEVIATIONS * spread.get(key, 0.0))

    return allowed


def _spread(old: Evidence, here: Session) -> dict[str, float]:
    """Standard deviation of each metric over the runs that differ from this one in nothing but the seed."""
    run, mine = old.run, old.identity
    code = run.data.tags.get(CODE_TAG, "")
    query = RunQuery(
        experiment_ids=(run.info.experiment_id,),
        filter=f"tags.`{CODE_TAG}` = {quoted(code)} AND status = 'FINISHED'",
        limit=200,
    )
    like = [evidence(one.info.run_id, here) for one in here.store.search_runs(query)] if code else []
    like = [
        one
        for one in like
        if one.run.data.tags.get(OF_TAG) is None
        and (one.identity.environment, one.identity.data) == (mine.environment, mine.data)
        and not [change for change in difference(old, one).layer("config").changes if change.name != "command line"]
    ]
    if len(like) < SEEDS_NEEDED:
        raise InvalidValue(
            f"A tolerance by seeds needs at least {SEEDS_NEEDED} runs that differ only in their seeds; there are {len(like)}. "
            "Give a share instead, such as 0.01."
        )
    keys = set.intersection(*(set(one.run.data.metrics) for one in like))
    return {key: statistics.stdev(one.run.data.metrics[key] for one in like) for key in keys}


def _keep(here: Session, verdict: Verdict) -> None:
    """On both runs."""
    told = json.dumps({**to_builtins(verdict), "time": time.time_ns() // 1_000_000}, default=str)
    ids = [verdict.of, *([verdict.run_id] if verdict.run_id else [])]
    here.store.write(Batch([Tags(run_id, {VERDICT_TAG: told}) for run_id in ids]))


def in_words(verdict: Verdict) -> str:
    """One line for a person."""
    if verdict.status == CANNOT:
        return f"cannot be reproduced: {'; '.join(verdict.missing)}"
    layers = f" (differs in: {', '.join(verdict.layers)})" if verdict.layers else ""
    if verdict.status == REPRODUCED:
        return f"reproduced: {verdict.compared} of {verdict.compared} metrics agree{layers}"
    why = layers or " (no layer differs: the program is not deterministic, or reads what is not recorded)"
    shown = ", ".join(f"{one.name} {one.before} → {one.after}" for one in verdict.metrics[:5])
    return f"differs: {len(verdict.metrics)} of {verdict.compared} metrics{why}: {shown}"
