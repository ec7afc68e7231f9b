"""A Slurm of one node on this machine: munged, slurmctld and slurmd in a folder of their own, gone when the block ends."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def missing() -> str:
    """Why there can be none here; empty where there can."""
    if os.geteuid() != 0:
        return "a Slurm for tests is started by root only"
    gone = [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]
    return f"no {', '.join(gone)} here (apt-get install slurmctld slurmd slurm-client munge)" if gone else ""


@contextmanager
def serving(folder: Path) -> Iterator[Path]:
    """The path of its configuration, which ``SLURM_CONF`` must name."""
    node = socket.gethostname().partition(".")[0]
    munge = folder / "munge"
    for name in ("state", "spool"):
        (folder / name).mkdir()
    munge.mkdir(0o700)
    (munge / "key").write_bytes(os.urandom(1024))
    (munge / "key").chmod(0o600)
    conf = folder / "slurm.conf"
    conf.write_text(
        f"""
ClusterName=runstone
SlurmctldHost={node}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={munge}/socket
CredType=cred/munge
SlurmctldPort={_free()}
SlurmdPort={_free()}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0
MpiDefault=none
ReturnToService=2
KillWait=2
MailProg=/bin/true
NodeName={node} NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=main Nodes={node} Default=YES State=UP
""",
        "utf-8",
    )
    files = [f"--{what}={munge}/{name}" for what, name in (("key-file", "key"), ("socket", "socket"), ("pid-file", "pid"))]
    files += [f"--log-file={munge}/log", f"--seed-file={munge}/seed"]
    commands = [
        ["munged", "--foreground", "--force", "--num-threads=2", *files],
        ["slurmctld", "-D", "-f", str(conf), "-L", str(folder / "slurmctld.log")],
        ["slurmd", "-D", "-f", str(conf), "-L", str(folder / "slurmd.log")],
    ]
    env = {**os.environ, "PATH": _PATH, "SLURM_CONF": str(conf)}
    started: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            with open(folder / f"{command[0]}.out", "wb") as out:
                started.append(subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out))
            if command[0] == "munged":
                _until(lambda: (munge / "socket").exists(), folder)
        ask = ["sinfo", "--noheader", "--format=%t"]
        _until(lambda: "idle" in subprocess.run(ask, env=env, capture_output=True, text=True).stdout, folder)
        yield conf
    finally:
        for process in reversed(started):
            process.terminate()
        for process in reversed(started):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _until(true, folder: Path) -> None:  # type: ignore[no-untyped-def]
    give_up = time.monotonic() + 30
    while not true():
        if time.monotonic() > give_up:
            logs = [one.read_text("utf-8", "replace")[-500:] for one in folder.glob("*.log")]
            raise RuntimeError(f"Slurm did not start: {logs}")
        time.sleep(0.1)
