"""Logging and reading artifacts through the public API."""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import PIL.Image
import pytest

import runstone
from runstone.entities import FileInfo, Run
from runstone.errors import InvalidValue, NotFound

matplotlib.use("Agg")
from matplotlib.figure import Figure


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    runstone.set_tracking_uri(tmp_path / "runs")
    runstone.set_experiment("artifacts")
    with runstone.start_run() as active:
        yield active


def listed(run: Run, path: str | None = None) -> list[str]:
    return [info.path for info in runstone.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path=path)]


def content(run: Run, path: str) -> bytes:
    return Path(runstone.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=path)).read_bytes()


def test_files_and_folders(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/a.txt").write_text("A")
    (tmp_path / "in/deep/b.txt").write_text("B")
    runstone.log_artifact(str(tmp_path / "in/a.txt"))
    runstone.log_artifact(tmp_path / "in/a.txt", "sub/dir")
    runstone.log_artifact(tmp_path / "in", "whole")
    runstone.log_artifacts(str(tmp_path / "in"), "inside")
    assert listed(run) == ["a.txt", "inside", "sub", "whole"]
    assert content(run, "sub/dir/a.txt") == b"A"
    assert content(run, "whole/in/deep/b.txt") == b"B"
    assert content(run, "inside/deep/b.txt") == b"B"


def test_each_file_is_recorded_with_its_digest(run: Run) -> None:
    runstone.log_text("one", "a.txt")
    runstone.log_text("two", "a.txt")
    runstone.log_text("ü", "b/c.txt")
    store = __import__("runstone.client.session", fromlist=["session"]).session().fresh_store()
    files = {file.path: (file.size, file.digest) for file in store.artifact_files(run.info.run_id)}
    assert files == {"a.txt": (3, hashlib.sha256(b"two").hexdigest()), "b/c.txt": (2, hashlib.sha256("ü".encode()).hexdigest())}


def test_text_dicts_and_streams(run: Run) -> None:
    runstone.log_text("<b>ü</b>\r\n", "page.html")
    runstone.log_dict({"b": 1, "a": [1, 2]}, "d.json")
    runstone.log_dict({"b": 1, "a": [1, 2]}, "d.yaml")
    runstone.log_dict({"when": Path("x")}, "no_ending")
    runstone.log_stream(io.BytesIO(b"\0\1" * 100_000), "raw/bytes.bin")
    assert content(run, "page.html") == "<b>ü</b>\r\n".encode()
    assert content(run, "d.json").startswith(b'{\n  "b": 1')
    assert json.loads(content(run, "no_ending")) == {"when": "x"}
    assert len(content(run, "raw/bytes.bin")) == 200_000
    for name in ("d.json", "d.yaml"):
        assert runstone.artifacts.load_dict(f"runs:/{run.info.run_id}/{name}") == {"b": 1, "a": [1, 2]}
    assert runstone.artifacts.load_text(f"{run.info.artifact_uri}/page.html") == "<b>ü</b>\r\n"


def test_the_wrong_kind_of_thing_is_told(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="log_stream bytes"):
        runstone.log_text(b"x", "a.txt")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="binary mode"):
        runstone.log_stream("x", "a.txt")
    with pytest.raises(NotFound, match=r"nothing\.txt"):
        runstone.log_artifact(tmp_path / "nothing.txt")
    with pytest.raises(NotFound, match="no folder"):
        runstone.log_artifacts(tmp_path / "nothing")
    with pytest.raises(TypeError, match="matplotlib or plotly"):
        runstone.log_figure("x", "a.png")
    assert listed(run) == []


@pytest.mark.parametrize("path", ["/abs.txt", "../out.txt", "a/../../out.txt", "", "a\\b.txt", "n\0.txt"])
def test_paths_that_lead_out_are_refused(run: Run, path: str) -> None:
    with pytest.raises(InvalidValue):
        runstone.log_text("x", path)
    with pytest.raises(InvalidValue):
        runstone.log_figure(Figure(), path)


def test_figures(run: Run) -> None:
    figure = Figure()
    figure.subplots().plot([1, 2])
    runstone.log_figure(figure, "plots/a.png", save_kwargs={"dpi": 30})
    runstone.log_figure(figure, "plots/a.svg")
    assert runstone.artifacts.load_image(f"runs:/{run.info.run_id}/plots/a.png").size == (192, 144)
    assert b"<svg" in content(run, "plots/a.svg")


def test_plotly_figures_are_known_without_plotly(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """plotly is not installed here; a class in its place shows what is called."""
    import sys
    import types

    class BaseFigure:
        def write_html(self, file: str, **options: Any) -> None:
            Path(file).write_text(json.dumps(options))

    module = types.ModuleType("plotly.basedatatypes")
    module.BaseFigure = BaseFigure  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "plotly.basedatatypes", module)
    runstone.log_figure(BaseFigure(), "p.html")
    assert json.loads(content(run, "p.html")) == {"include_plotlyjs": "cdn", "auto_open": False}
    with pytest.raises(TypeError, match=r"p\.txt"):
        runstone.log_figure(BaseFigure(), "p.txt")


# --- pictures -----------------------------------------------------------------------------------------------------------


def picture(run: Run, path: str) -> Any:
    return np.array(runstone.artifacts.load_image(f"runs:/{run.info.run_id}/{path}"))


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3), (4, 6, 4)])
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "bool"])
def test_arrays_of_every_shape_and_kind(run: Run, shape: tuple[int, ...], dtype: str) -> None:
    array = np.ones(shape, dtype) if dtype != "uint8" else np.full(shape, 255, dtype)
    runstone.log_image(array, "a.png")
    found = picture(run, "a.png")
    assert found.shape == (shape if shape[2:] != (1,) else shape[:2])
    assert found.max() == (1 if dtype == "int64" else 255)


def test_floats_beyond_one_are_scaled_with_a_warning(run: Run) -> None:
    with pytest.warns(UserWarning, match="-1 to 3"):
        runstone.log_image(np.array([[-1.0, 3.0]]), "a.png")
    assert picture(run, "a.png").tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (np.full((2, 2), 256), "0 to 255"),
        (np.full((2, 2), -1), "0 to 255"),
        (np.zeros((2, 2, 2)), "shape"),
        (np.zeros(4), "shape"),
        (np.zeros((0, 4)), "shape"),
        (np.array([[np.nan]]), "finite"),
        (np.array([[np.inf]]), "finite"),
    ],
)
def test_arrays_that_are_no_pictures(run: Run, array: Any, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        runstone.log_image(array, "a.png")


def test_things_that_are_no_pictures(run: Run) -> None:
    for thing in ("text", [[1]], np.array([["a"]]), np.zeros((2, 2), complex)):
        with pytest.raises(TypeError):
            runstone.log_image(thing, "a.png")
    with pytest.raises(InvalidValue, match=r"\.nope"):
        runstone.log_image(np.zeros((2, 2)), "a.nope")
    with pytest.raises(InvalidValue, match="mode RGBA"):
        runstone.log_image(np.zeros((2, 2, 4)), "a.jpg")
    with pytest.raises(TypeError, match="not both"):
        runstone.log_image(np.zeros((2, 2)), "a.png", step=1)
    with pytest.raises(TypeError, match="needs"):
        runstone.log_image(np.zeros((2, 2)))
    with pytest.raises(InvalidValue, match="key"):
        runstone.log_image(np.zeros((2, 2)), key="a*b")
    assert listed(run) == []


def test_a_sequence_has_mlflows_names_and_previews(run: Run) -> None:
    runstone.log_image(PIL.Image.new("RGB", (600, 300)), key="val/dogs", step=7, timestamp=1234)
    runstone.log_image(runstone.Image(np.zeros((300, 600, 3))), key="val/dogs")
    names = listed(run, "images")
    assert len(names) == 4
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    kept = [
        name
        for name in names
        if re.fullmatch(rf"images/val~dogs\+step\+7\+timestamp\+1234\+{uuid}(\.png|\+compressed\.webp)", name)
    ]
    assert len(kept) == 2
    assert picture(run, next(name for name in kept if name.endswith(".png"))).shape == (300, 600, 3)
    assert picture(run, next(name for name in kept if name.endswith(".webp"))).shape == (128, 256, 3)
    assert any("+step+0+" in name for name in names)
    assert runstone.get_run(run.info.run_id).data.tags["mlflow.loggedImages"] == "True"


def test_the_image_class(run: Run, tmp_path: Path) -> None:
    image = runstone.Image([[0, 255], [255, 0]])
    assert image.size == (2, 2)
    assert image.to_list() == [0, 255, 255, 0]
    assert runstone.Image([[[1, 2, 3], [4, 5, 6]]]).to_list() == [(1, 2, 3), (4, 5, 6)]
    image.save(tmp_path / "x.png")
    assert runstone.Image(tmp_path / "x.png").to_array().tolist() == [[0, 255], [255, 0]]
    assert runstone.Image(str(tmp_path / "x.png")).resize((4, 4)).to_pil().size == (4, 4)


# --- tables -------------------------------------------------------------------------------------------------------------


def test_a_table_is_mlflows_json_and_grows(run: Run) -> None:
    runstone.log_table({"q": ["a", "b"], "score": [0.5, float("nan")]}, "t.json")
    runstone.log_table(pd.DataFrame({"q": ["c"], "more": [pd.Timestamp("2020-01-02")]}), "t.json")
    runstone.log_table({"q": "single"}, "t.json")
    assert json.loads(content(run, "t.json")) == {
        "columns": ["q", "score", "more"],
        "data": [["a", 0.5, None], ["b", None, None], ["c", None, "2020-01-02T00:00:00"], ["single", None, None]],
    }
    tags = runstone.get_run(run.info.run_id).data.tags
    assert json.loads(tags["mlflow.loggedArtifacts"]) == [{"path": "t.json", "type": "table"}]


def test_threads_that_append_at_once_all_have_their_rows(run: Run) -> None:
    threads = [threading.Thread(target=runstone.log_table, args=({"x": [n]}, "t.json")) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(runstone.load_table("t.json")["x"]) == list(range(12))


def test_tables_of_several_runs_come_together(run: Run) -> None:
    runstone.log_table({"x": [1, 2]}, "dir/it's.json")
    runstone.log_param("p", "one")
    with runstone.start_run(nested=True) as other:
        runstone.log_table({"x": [3]}, "dir/it's.json")
        runstone.log_table({"x": [4]}, "other.parquet")
    frame = runstone.load_table("dir/it's.json", extra_columns=["run_id", "params.p"])
    assert sorted(frame["x"]) == [1, 2, 3]
    assert frame[frame["run_id"] == run.info.run_id]["params.p"].tolist() == ["one", "one"]
    assert runstone.load_table("dir/it's.json", run_ids=[other.info.run_id])["x"].tolist() == [3]
    assert runstone.load_table("other.parquet")["x"].tolist() == [4]
    with pytest.raises(NotFound, match=r"nope\.json"):
        runstone.load_table("nope.json")


def test_pictures_in_a_table(run: Run) -> None:
    runstone.log_table({"label": ["a", "b"], "image": [runstone.Image([[0]]), PIL.Image.new("RGB", (9, 9))]}, "t.json")
    table = json.loads(content(run, "t.json"))
    cell = table["data"][1][1]
    assert cell["type"] == "image"
    assert cell["filepath"].startswith("table_images/t/")
    assert picture(run, cell["filepath"]).shape == (9, 9, 3)
    assert content(run, cell["compressed_filepath"])
    with pytest.raises(InvalidValue, match="mixes"):
        runstone.log_table({"image": [runstone.Image([[0]]), "no"]}, "u.json")


def test_tables_that_cannot_be(run: Run) -> None:
    for data, name, why in [
        ([1, 2], "t.json", "dict of columns"),
        ({"a": [1]}, "t.csv", "must end in"),
        ({"a": [1], "b": [1, 2]}, "t.json", "equally long"),
        ({"a": [object()]}, "t.json", "cannot be saved"),
    ]:
        with pytest.raises(InvalidValue, match=why):
            runstone.log_table(data, name)
    runstone.log_text("[]", "t.json")
    with pytest.raises(InvalidValue, match="holds no table"):
        runstone.log_table({"a": [1]}, "t.json")


# --- reading ------------------------------------------------------------------------------------------------------------


def test_downloads(run: Run, tmp_path: Path) -> None:
    runstone.log_text("x", "a/b/c.txt")
    run_id, uri = run.info.run_id, str(run.info.artifact_uri)
    download = runstone.artifacts.download_artifacts
    assert download(run_id=run_id, artifact_path="a/b", dst_path=str(tmp_path / "one")) == str(tmp_path / "one/a/b")
    assert download(f"runs:/{run_id}/a/b/c.txt", dst_path=str(tmp_path / "two")) == str(tmp_path / "two/c.txt")
    assert download(uri + "/a/b/c.txt", dst_path=str(tmp_path / "three")) == str(tmp_path / "three/c.txt")
    assert (tmp_path / "one/a/b/c.txt").read_text() == "x"
    here = download(run_id=run_id)
    assert (Path(here) / "a/b/c.txt").read_text() == "x"
    assert download(str(tmp_path / "three/c.txt")) == str(tmp_path / "three/c.txt")
    client = runstone.MlflowClient()
    assert client.download_artifacts(run_id, "a", str(tmp_path / "four")) == str(tmp_path / "four/a")
    assert client.list_artifacts(run_id, "a/b") == [FileInfo("a/b/c.txt", False, 1)]


def test_what_a_uri_names_is_downloaded_by_its_name(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runstone.log_text("x", "a/b/c.txt")
    monkeypatch.chdir(tmp_path)
    folder = f"runs:/{run.info.run_id}/a/b"
    download = runstone.artifacts.download_artifacts
    assert download(folder, dst_path="out") == str(tmp_path / "out/b")
    runstone.log_text("y", "a/b/d/e.txt")
    assert download(folder + "/", dst_path="out") == str(tmp_path / "out/b")  # again, over what is there
    assert sorted(str(one.relative_to("out")) for one in Path("out").rglob("*")) == ["b", "b/c.txt", "b/d", "b/d/e.txt"]
    assert download(run_id=run.info.run_id, artifact_path="a/b/c.txt", dst_path="kept") == str(tmp_path / "kept/a/b/c.txt")
    with pytest.raises(NotFound, match="nope"):
        download(folder + "/nope", dst_path="out")
    assert len(list(Path("out").iterdir())) == 1


def test_a_picture_at_no_step(run: Run) -> None:
    with pytest.raises(InvalidValue, match="step got 'x', a str: it must be a whole number"):
        runstone.log_image(np.zeros((2, 2)), key="a", step="x")  # type: ignore[arg-type]


def test_downloads_that_cannot_be(run: Run) -> None:
    download = runstone.artifacts.download_artifacts
    with pytest.raises(InvalidValue, match="Exactly one"):
        download()
    with pytest.raises(InvalidValue, match="Exactly one"):
        download("runs:/x/y", run_id="x")
    with pytest.raises(InvalidValue, match="inside"):
        download("runs:/x/y", artifact_path="z")
    with pytest.raises(NotFound, match="nope"):
        download(run_id=run.info.run_id, artifact_path="nope")
    with pytest.raises(NotFound):
        download("runs:/0123456789abcdef0123456789abcdef/x")
    with pytest.raises(InvalidValue):
        download(run_id=run.info.run_id, artifact_path="../../..")
    with pytest.raises(NotFound, match="name=m"):
        download("models:/m/1")


def test_what_cannot_be_read_as_asked(run: Run) -> None:
    runstone.log_stream(io.BytesIO(b"\xff\xfe"), "raw")
    for load, why in [("load_text", "UTF-8"), ("load_dict", "UTF-8"), ("load_image", "no picture")]:
        with pytest.raises(InvalidValue, match=why):
            getattr(runstone.artifacts, load)(f"runs:/{run.info.run_id}/raw")


def test_the_artifact_uri(run: Run) -> None:
    root = runstone.get_artifact_uri()
    assert root == run.info.artifact_uri
    assert runstone.get_artifact_uri("a/b.txt") == f"{root}/a/b.txt"


def test_an_artifact_repository(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("x")
    repository = runstone.artifacts.get_artifact_repository(f"runs:/{run.info.run_id}/below")
    repository.log_artifact(str(tmp_path / "f.txt"), "deep")
    assert [info.path for info in repository.list_artifacts()] == ["deep"]
    assert [info.path for info in repository.list_artifacts("deep")] == ["deep/f.txt"]
    assert Path(repository.download_artifacts("deep/f.txt")).read_text() == "x"
    assert listed(run) == ["below"]
    repository.delete_artifacts("deep")
    assert repository.list_artifacts() == []


def test_a_run_that_is_not_active(run: Run, tmp_path: Path) -> None:
    with runstone.start_run(nested=True) as other:
        pass
    (tmp_path / "f.txt").write_text("x")
    run_id = other.info.run_id
    runstone.log_artifact(tmp_path / "f.txt", run_id=run_id)
    runstone.log_text("t", "t.txt", run_id=run_id)
    runstone.log_dict({}, "d.json", run_id)
    runstone.log_table({"a": [1]}, "table.json", run_id=run_id)
    client = runstone.MlflowClient()
    client.log_image(run_id, np.zeros((2, 2)), "i.png")
    client.log_figure(run_id, Figure(), "f.png")
    client.log_stream(run_id, io.BytesIO(b"s"), "s.bin")
    assert listed(other) == ["d.json", "f.png", "f.txt", "i.png", "s.bin", "t.txt", "table.json"]
    assert listed(run) == []
    assert client.load_table(other.info.experiment_id, "table.json")["a"].tolist() == [1]


def test_a_full_disk_is_a_warning_and_training_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(28, "No space left on device")

    monkeypatch.delenv("RUNSTONE_STRICT")
    runstone.log_stream(Full(), "a.bin")
    assert "disk" in capsys.readouterr().err
    monkeypatch.setenv("RUNSTONE_STRICT", "1")
    with pytest.raises(runstone.MlflowException, match="full"):
        runstone.log_stream(Full(), "a.bin")
