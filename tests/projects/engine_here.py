"""A container engine on this machine, docker's or podman, with everything it keeps in a folder, and an image made of this
machine's own Python. Nothing is fetched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

IMAGE = "runstone-test:1"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
#: What the libraries that packages bring are linked to.
_LINKED = ("libstdc++.so.6", "libgcc_s.so.1", "libpthread.so.0", "librt.so.1", "libdl.so.2", "libutil.so.1", "libz.so.1")
_PROGRAMS = ("bash", "sleep", "cat", "env")
_LEFT_OUT = {"site-packages", "test", "tests", "idlelib", "tkinter", "ensurepip", "__pycache__", "lib2to3", "turtledemo"}


def missing(engine: str) -> str:
    """Why there can be none here; empty where there can."""
    if engine not in os.environ.get("RUNSTONE_ENGINES", "").split():
        return f"RUNSTONE_ENGINES does not name {engine}"
    if os.geteuid() != 0:
        return "an engine for tests is started by root only"
    needed = {"docker": ("docker", "dockerd", "containerd"), "podman": ("podman", "runc")}[engine]
    gone = [name for name in needed if shutil.which(name, path=_PATH) is None]
    packages = {"docker": "docker.io", "podman": "podman runc"}[engine]
    return f"no {', '.join(gone)} here (apt-get install {packages})" if gone else ""


@contextmanager
def serving(engine: str, folder: Path) -> Iterator[Mapping[str, str]]:
    """The variables by which its client, alone of its kind on the PATH, finds it. It has the image :data:`IMAGE`."""
    only = folder / "bin"
    only.mkdir()
    for found in (one for part in _PATH.split(os.pathsep) if part for one in Path(part).glob("*")):
        if found.name not in ("docker", "podman", engine) and not (only / found.name).exists():
            (only / found.name).symlink_to(found)
    (only / engine).symlink_to(str(shutil.which(engine, path=_PATH)))
    env = {"PATH": str(only), **(_PLACES[engine](folder))}
    started = None
    if engine == "docker":
        options = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
        options += [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid"]
        with open(folder / "log", "wb") as log:
            command = ["dockerd", *options, "--host", env["DOCKER_HOST"]]
            started = subprocess.Popen(command, env={**os.environ, "PATH": _PATH}, stdout=log, stderr=log)
    try:
        _until_it_answers(engine, {**os.environ, **env}, folder)
        with open(folder / "system.tar", "w+b") as file:
            _system(file.name)
            subprocess.run([engine, "import", file.name, IMAGE], env={**os.environ, **env}, check=True, capture_output=True)
        yield env
    finally:
        if started is not None:
            started.terminate()
            started.wait(60)
        mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()]
        for place in reversed([one for one in mounted if one.startswith(f"{folder}/")]):  # podman leaves what holds its images
            subprocess.run(["umount", place], capture_output=True, check=False)


def _docker_places(folder: Path) -> dict[str, str]:
    return {"DOCKER_HOST": f"unix://{folder}/socket", "DOCKER_CONFIG": str(folder / "config")}


def _podman_places(folder: Path) -> dict[str, str]:
    conf = folder / "storage.conf"
    conf.write_text(f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/data"\nrunroot = "{folder}/exec"\n', "utf-8")
    limits = '["nofile=1024:1024", "nproc=4096:4096"]'  # podman asks for more than this process may give
    (folder / "containers.conf").write_text(
        f"[containers]\ndefault_ulimits = {limits}\n"
        f'[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\nevents_logger = "file"\ntmp_dir = "{folder}/tmp"\n',
        "utf-8",
    )
    return {"CONTAINERS_STORAGE_CONF": str(conf), "CONTAINERS_CONF": str(folder / "containers.conf")}


_PLACES = {"docker": _docker_places, "podman": _podman_places}


def _until_it_answers(engine: str, env: Mapping[str, str], folder: Path) -> None:
    give_up = time.monotonic() + 60
    while (asked := subprocess.run([engine, "info"], env=env, capture_output=True, text=True, check=False)).returncode:
        log = folder / "log"
        assert time.monotonic() < give_up, asked.stderr + (log.read_text() if log.exists() else "")
        time.sleep(0.1)


def _system(path: str) -> None:
    """A tar file of a root file system: a shell, a few programs, this Python with its standard library, what they load."""
    python, home = Path(os.path.realpath(sys.executable)), Path(sys.base_prefix)
    library = home / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    programs = [Path(str(shutil.which(name))) for name in _PROGRAMS]
    needed: dict[str, Path] = {}
    for one in (python, *programs, *(library / "lib-dynload").glob("*.so")):
        needed |= _loaded_by(one)
    for name in _LINKED:
        needed |= {str(one): one for one in Path("/usr/lib").glob(f"*-linux-gnu/{name}")}
    with tarfile.open(path, "w") as pack:
        for place, found in needed.items():
            pack.add(os.path.realpath(found), place)
        for one in programs:
            pack.add(os.path.realpath(one), f"/usr/bin/{one.name}")
        pack.add(python, str(python))
        pack.add(library, str(library), filter=lambda one: None if Path(one.name).name in _LEFT_OUT else one)
        for link, target in (("/usr/bin/python", str(python)), ("/bin", "usr/bin")):
            entry = tarfile.TarInfo(link)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            pack.addfile(entry)
        folder = tarfile.TarInfo("/tmp")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        pack.addfile(folder)


def _loaded_by(program: Path) -> dict[str, Path]:
    """The shared libraries of a program, by the paths where it looks for them."""
    told = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False).stdout
    return {path: Path(path) for path in re.findall(r"(/\S+) \(0x", told)}
