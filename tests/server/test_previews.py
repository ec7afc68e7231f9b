"""Looking into Parquet and NumPy files over HTTP: what is there is shown, what is hostile does nothing."""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import ArtifactStore, Store

API = "/api/runstone/v1"


@pytest.fixture
def run_id(make_run) -> str:  # type: ignore[no-untyped-def]
    found: str = make_run()
    return found


@pytest.fixture
def root(store: Store, run_id: str) -> ArtifactStore:
    return connect.open_artifacts(store.get_run(run_id).info.artifact_uri or "")


@pytest.fixture
def look(api: TestClient, run_id: str, root: ArtifactStore) -> Any:
    """Log bytes under a name, and ask for what can be seen of them."""

    def asked(name: str, body: bytes, **query: int) -> Any:
        root.put(io.BytesIO(body), name)
        return api.get(f"{API}/runs/{run_id}/artifacts/preview", params={"path": name, **query})

    return asked


def npy(array: Any, **options: bool) -> bytes:
    target = io.BytesIO()
    np.save(target, array, **options)
    return target.getvalue()


def test_rows_of_a_parquet_file(look: Any) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table(
        {
            "n": list(range(100)),
            "p": [float("nan"), 0.5] * 50,
            "who": ["ada", None] * 50,
            "raw": [b"\xff"] * 100,
            "l": [[1]] * 100,
        }
    )
    target = io.BytesIO()
    parquet.write_table(table, target, row_group_size=30)
    found = look("t/x.parquet", target.getvalue(), offset=58, limit=4).json()
    assert (found["kind"], found["rows"], found["columns_total"]) == ("table", 100, 5)
    assert [one["name"] for one in found["columns"]] == ["n", "p", "who", "raw", "l"]
    assert found["columns"][0]["type"] == "int64"
    assert found["cells"] == [
        [58, "NaN", "ada", "ff", "[1]"],
        [59, 0.5, None, "ff", "[1]"],
        [60, "NaN", "ada", "ff", "[1]"],
        [61, 0.5, None, "ff", "[1]"],
    ]
    assert look("t/x.parquet", target.getvalue(), offset=200).json()["cells"] == []


def test_parquet_without_pyarrow_says_what_would_help(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    answer = look("x.parquet", b"PAR1")
    assert answer.status_code == 501
    assert "pip install pyarrow" in answer.json()["message"]


def test_an_array_with_its_shape_and_statistics(look: Any) -> None:
    array = np.arange(12, dtype="<f4").reshape(2, 3, 2)
    array[1, 2, 1] = np.nan
    (found,) = look("x.npy", npy(array)).json()["arrays"]
    assert (found["dtype"], found["shape"], found["not_finite"]) == ("float32", [2, 3, 2], 1)
    assert found["cells"] == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, "NaN"]]
    assert (found["low"], found["high"], found["mean"]) == (0, 10, 5)
    (found,) = look("f.npy", npy(np.asfortranarray([[1, 2], [3, 4]]))).json()["arrays"]
    assert found["cells"] == [[1, 2], [3, 4]]
    (found,) = look("o.npy", npy(np.array(2**60))).json()["arrays"]
    assert (found["shape"], found["cells"]) == ([], [[str(2**60)]])


def test_a_large_array_is_read_at_its_beginning_alone(look: Any) -> None:
    (found,) = look("x.npy", npy(np.ones((3_000, 2_000)))).json()["arrays"]
    assert (len(found["cells"]), len(found["cells"][0]), found["mean"]) == (50, 40, None)
    assert "beginning" in found["note"]


def test_an_archive_of_arrays(look: Any) -> None:
    target = io.BytesIO()
    np.savez_compressed(target, weights=np.eye(2), names=np.array(["a", "ü"]))
    weights, names = look("x.npz", target.getvalue()).json()["arrays"]
    assert (weights["name"], weights["shape"], weights["cells"]) == ("weights", [2, 2], [[1, 0], [0, 1]])
    assert names["cells"] == [["a"], ["ü"]]


class Bomb:
    def __reduce__(self) -> Any:
        return (exec, ("import sys; sys.exploded = True",))


def test_nothing_is_unpickled(look: Any) -> None:
    hostile = npy(np.array([Bomb()], dtype=object), allow_pickle=True)
    (found,) = look("x.npy", hostile).json()["arrays"]
    assert "Python objects" in found["note"]
    assert found["cells"] == []
    assert look("y.npy", pickle.dumps(Bomb())).status_code == 400
    assert not hasattr(sys, "exploded")


def header(shape: str, dtype: str = "'<f8'") -> bytes:
    text = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def zipped(body: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", body)
        archive.writestr("../evil.txt", "no array")
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("short.npy", header("(1000000000000,)") + b"12345678", 200),
        ("code.npy", header("__import__('os').system('true')"), 400),
        ("brackets.npy", header("(1,") + b"1" * 64, 400),
        ("negative.npy", header("(-1, 2)") + b"1" * 64, 400),
        ("empty.npy", b"", 400),
        ("bomb.npz", zipped(header("(100000000,)") + bytes(40 << 20)), 200),
        ("cut.npz", zipped(npy(np.eye(3)))[:60], 400),
        ("directory.npz", b"PK\5\6" + b"\0" * 8 + b"\xff\xff\xff\xff" + b"\0" * 6, 400),
        ("not.parquet", b"PAR1" + b"\xff" * 64 + b"PAR1", 400),
        ("page.html", b"<script>", 400),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_broken_and_hostile_files(look: Any, name: str, body: bytes, status: int) -> None:
    answer = look(name, body)
    assert answer.status_code == status, answer.text
    if status == 400:
        assert name in answer.json()["message"]
    else:
        assert any(one["note"] for one in answer.json()["arrays"])


def test_what_is_not_there(api: TestClient, run_id: str, root: ArtifactStore) -> None:
    for path, status in (("lost.npy", 404), ("../x.npy", 400), ("%2e%2e/x.npy", 400)):
        assert api.get(f"{API}/runs/{run_id}/artifacts/preview", params={"path": path}).status_code == status, path
