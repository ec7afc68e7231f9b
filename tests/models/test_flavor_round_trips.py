"""Every flavor that both have: the real mlflow loads what we save, we load what it saves, and both find the same in it."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

import flavor_cases
import pytest

from forks import Forks

pytestmark = [
    pytest.mark.peer,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(900),  # the frameworks that `make flavors` brings take minutes to be imported twice
]
FLAVORS = sorted({case.flavor for case in flavor_cases.CASES.values()})
QUIET = {"HF_HUB_OFFLINE": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "MLFLOW_ALLOW_FILE_STORE": "true"}


class Halves(NamedTuple):
    """What each library saved, and found in the other's folders and its own; by case, an error as text."""

    we_saved: dict[str, Any]
    they_saved: dict[str, Any]
    we_read: dict[str, dict[str, Any]]
    they_read: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def halves(real_mlflow: Forks, tmp_path_factory: pytest.TempPathFactory) -> Halves:
    folder = tmp_path_factory.mktemp("flavors")
    ours, theirs = folder / "ours", folder / "theirs"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in QUIET.items():
            patch.setenv(name, value)
        saved = flavor_cases.save_all("runstone", ours, FLAVORS)
        here = sorted({flavor_cases.CASES[name].flavor for name, one in saved.items() if isinstance(one, tuple)})
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("RUNSTONE_", "PYTHON"))}
        done = real_mlflow.run(flavor_cases.__file__, "mlflow", str(ours), str(theirs), *here, cwd=folder, env=clean)
        assert done.returncode == 0, done.stderr
        peer = json.loads(done.stdout.rpartition("FOUND")[2])
        read = {name: flavor_cases.read_all("runstone", saved, place) for name, place in (("ours", ours), ("theirs", theirs))}
    plainly = {name: one[1] if isinstance(one, tuple) else one for name, one in saved.items()}
    return Halves(plainly, peer["saved"], read, {"ours": peer["ours"], "theirs": peer["theirs"]})


def packages(found: dict[str, Any]) -> set[str]:
    """Names of required packages; a build for one kind of processor is the same package."""
    return {line.partition("==")[0].removesuffix("-cpu") for line in found["requirements"]} - {"mlflow"}


@pytest.mark.parametrize("flavor", FLAVORS)
def test_round_trips_in_both_directions(flavor: str, halves: Halves) -> None:
    for name in (name for name, case in flavor_cases.CASES.items() if case.flavor == flavor):
        for side, everything in (("here", halves.we_saved), ("where the real mlflow is", halves.they_saved)):
            saved = everything[name]
            if isinstance(saved, dict) and "missing" in saved:
                pytest.skip(f"{saved['missing']} is not installed {side}")
            assert not isinstance(saved, str), saved
        for writer in ("ours", "theirs"):
            we, they = halves.we_read[writer][name], halves.they_read[writer][name]
            assert not isinstance(we, str), we
            assert not isinstance(they, str), they
            assert we == they, (name, writer)
        ours, theirs = halves.we_read["ours"][name], halves.they_read["theirs"][name]
        assert (ours["model"], theirs["model"]) == (halves.we_saved[name], halves.they_saved[name])
        assert theirs["signature"] in (ours["signature"], None)  # mlflow infers none for some
        assert ours["example"] == theirs["example"]
        assert packages(theirs) <= packages(ours)
        for kind, settings in theirs["flavors"].items():
            assert set(settings) <= set(ours["flavors"][kind])
