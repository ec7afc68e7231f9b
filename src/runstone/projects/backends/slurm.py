"""A project's command as a batch job of Slurm. Submitting machine and nodes share a file system."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runstone.errors import ExecutionException, InvalidValue, NotSupported

from .following import OVER, QUEUED, RUNNING, State, Work, known, seconds, text
from .local import cause_of

#: Where code of repositories, batch scripts and logs lie: seen by the nodes, as homes are on most clusters.
FOLDER = "~/.runstone/jobs"
#: In a job's folder: what it prints, and the exit code that it left.
LOGS, EXIT = ("stdout", "stderr"), "exit"
KEYS = ("sbatch", "folder", "setup", "poll_seconds")
#: Options of sbatch that are ours: without them the job could not be followed.
_OURS = ("output", "error", "chdir", "parsable", "open-mode", "export", "job-name", "wrap", "wait", "array")
_OPTION = re.compile(r"[a-z][a-z0-9-]*\Z")
_WAITS = {"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD"}
_RUNS = {"RUNNING", "COMPLETING", "CONFIGURING", "STAGE_OUT", "SIGNALING", "STOPPED", "SUSPENDED", "RESIZING"}
_WORDS = {
    "CANCELLED": "cancelled in Slurm",
    "TIMEOUT": "over its time limit",
    "OUT_OF_MEMORY": "out of memory",
    "NODE_FAIL": "its node failed",
    "PREEMPTED": "pre-empted, and not queued again (sbatch --requeue)",
    "BOOT_FAIL": "its node did not boot",
    "DEADLINE": "over its deadline",
}
_FIELD = re.compile(r"(?:^| )(\w+)=(\S*)")


def check(config: Mapping[str, Any]) -> None:
    """Raises InvalidValue for what makes no sense, NotSupported where Slurm's programs are not."""
    known(config, "slurm", KEYS)
    _options(config.get("sbatch") or {})
    text(config, "setup"), text(config, "folder"), seconds(config, 5.0)
    if shutil.which("sbatch") is None:
        raise NotSupported("The back end 'slurm' needs the programs of Slurm (sbatch, scontrol, scancel) on the PATH.")


def submit(work: Work) -> SlurmJob:
    """Lay the batch script out, and the code if it lies in a temporary folder of this machine, and submit it."""
    options = _options(work.config.get("sbatch") or {})
    place = _place(work.run_id, work.config)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = work.folder
    if work.fetched:
        folder = place / "code"
        shutil.copytree(work.folder, folder, symlinks=True, dirs_exist_ok=True)
    kept = shlex.quote(str(place / EXIT))
    lines = ["#!/bin/bash", f"rm -f {kept}", text(work.config, "setup"), shlex.join(work.arguments)]
    script = place / "job.sh"
    script.write_text("\n".join([*lines, f"code=$?; echo $code >{kept}", "exit $code", ""]), "utf-8")
    command = ["sbatch", "--parsable", "--requeue", *options, "--export=ALL", "--open-mode=append", f"--chdir={folder}"]
    command += [f"--job-name={work.name or 'runstone'}"]
    command += [
        f"--{option}={str(place / name).replace('%', '%%')}" for option, name in zip(("output", "error"), LOGS, strict=True)
    ]
    job_id = _slurm([*command, str(script)], work.variables).strip().split(";")[0]
    return find(job_id, work.run_id, work.config)


def find(job_id: str, run_id: str, place: Mapping[str, Any]) -> SlurmJob:
    """A job that was submitted."""
    return SlurmJob(job_id, _place(run_id, place), seconds(place, 5.0))


def _place(run_id: str, config: Mapping[str, Any]) -> Path:
    """The folder of a run's job."""
    return Path(text(config, "folder", FOLDER)).expanduser().resolve() / run_id


class SlurmJob:
    """See :class:`~.following.Job`. ``folder`` is what :func:`submit` laid out."""

    def __init__(self, job_id: str, folder: Path, every: float) -> None:
        self.job_id, self.every, self.hear_every = job_id, every, 0.0  # its log is a file
        self.place: Mapping[str, Any] = {"folder": str(folder.parent), "poll_seconds": every}
        self._place = folder
        self._read = dict.fromkeys(LOGS, 0)

    def state(self) -> State:
        try:
            told = _slurm(["scontrol", "--oneliner", "show", "job", self.job_id])
        except ExecutionException as error:
            if "Invalid job id" not in error.message:
                raise
            return self._forgotten()
        found = dict(_FIELD.findall(told))
        word, node = found.get("JobState", ""), found.get("BatchHost", "")
        if word in _WAITS:
            return State(QUEUED, why=found.get("Reason", "").replace("None", ""))
        if word in _RUNS:
            return State(RUNNING, node)
        if word == "COMPLETED":
            return State(OVER, node)
        if word == "FAILED":
            code, _, number = found.get("ExitCode", "1:0").partition(":")
            return State(
                OVER, node, status="FAILED", cause=cause_of(-int(number) if number.isdigit() and int(number) else int(code))
            )
        return State(
            OVER, node, status="KILLED" if word == "CANCELLED" else "FAILED", cause=_WORDS.get(word, f"Slurm says {word}")
        )

    def _forgotten(self) -> State:
        """Slurm remembers a job for some minutes (MinJobAge): then what the job itself left says how it went."""
        try:
            code = int((self._place / EXIT).read_text("utf-8"))
        except (OSError, ValueError):
            return State(OVER, status="FAILED", cause=f"Slurm no longer knows job {self.job_id}, and it left no exit code")
        return State(OVER) if code == 0 else State(OVER, status="FAILED", cause=cause_of(code))

    def printed(self) -> list[tuple[str, bytes]]:
        found = []
        for name in self._read:
            try:
                with open(self._place / name, "rb") as log:
                    log.seek(self._read[name])
                    data = log.read(1 << 20)
            except OSError:  # not begun
                continue
            self._read[name] += len(data)
            if data:
                found.append((name, data))
        return found

    def terminate(self) -> None:
        _slurm(["scancel", self.job_id])  # SIGTERM to all its processes; one that waits leaves the queue

    def kill(self) -> None:
        _slurm(["scancel", "--signal=KILL", "--full", self.job_id])

    def discard(self) -> None:
        shutil.rmtree(self._place, ignore_errors=True)


def _options(given: Any) -> list[str]:
    """``{"partition": "gpu", "gpus": 1, "exclusive": true}`` as options of sbatch. Raises InvalidValue."""
    if not isinstance(given, Mapping):
        raise InvalidValue(
            f'backend_config: \'sbatch\' maps options to values, such as {{"partition": "gpu"}}; it is {given!r}.'
        )
    found = []
    for name, value in given.items():
        if not isinstance(name, str) or not _OPTION.match(name) or name in _OURS:
            raise InvalidValue(
                f"backend_config: {name!r} is no option of sbatch that can be given here; write it without dashes."
            )
        if isinstance(value, bool):
            found += [f"--{name}"] if value else []
        elif isinstance(value, str | int | float):
            found.append(f"--{name}={value}")
        else:
            raise InvalidValue(f"backend_config: the value of sbatch's {name!r} must be a text or a number; it is {value!r}.")
    return found


def _slurm(command: list[str], variables: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            env=dict(variables or os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise ExecutionException(f"{command[0]} could not be run: {cause}") from cause
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise ExecutionException(f"{command[0]}: {said[-1] if said else f'exit code {done.returncode}'}")
    return done.stdout
