"""A flavor that an installed package brings, as an entry point."""

from __future__ import annotations

from pathlib import Path

import pytest

import runstone
from runstone.errors import NotSupported
from runstone.models import Model

FLAVOR = """
from pathlib import Path

class Doubler:
    def predict(self, data):
        return [2 * item for item in data]

def save_model(path):
    pass

def _load_pyfunc(path):
    assert (Path(path) / "MLmodel").is_file()
    return Doubler()
"""


def folder(place: Path, loader: str) -> Path:
    place.mkdir()
    Model(flavors={"python_function": {"loader_module": loader}}).save(place / "MLmodel")
    return place


def test_it_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    about = site / "doubling-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "doubling_flavor.py").write_text(FLAVOR)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: doubling\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[runstone.flavors]\ndoubling = doubling_flavor\n")
    monkeypatch.syspath_prepend(site)
    for place, loader in enumerate(("doubling", "mlflow.doubling", "doubling_flavor")):
        assert runstone.pyfunc.load_model(folder(tmp_path / str(place), loader)).predict([1, 2]) == [2, 4]
    assert runstone.doubling.__name__ == "doubling_flavor"
    with pytest.raises(NotSupported, match=r"mlflow\.tripling"):
        runstone.pyfunc.load_model(folder(tmp_path / "other", "mlflow.tripling"))
    with pytest.raises(AttributeError, match="tripling"):
        _ = runstone.tripling
