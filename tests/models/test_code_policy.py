"""RUNSTONE_ALLOW_PICKLE=deny refuses everything that runs code when a model is loaded, and ``models scan`` lists it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from msgspec.msgpack import encode as msgpack
from sklearn.linear_model import LinearRegression

import runstone.models
import runstone.pyfunc
import runstone.sklearn
from runstone.cli.main import cli
from runstone.errors import PermissionDenied
from runstone.models import risks
from runstone.models.scan import CARRIES_CODE, IMPORTS, RUNS_CODE, UNREADABLE

X, Y = [[0.0], [1.0]], [0.0, 1.0]


def manifest(folder: Path, **flavors: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": flavors}))
    return folder


def put(folder: Path, name: str, content: Any) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".keras"):
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("config.json", json.dumps(content))
    elif isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(json.dumps(content))


def layer(module: Any, name: str, config: Any = None) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config or {}}


SOUND_KERAS = layer(
    "keras",
    "Sequential",
    {
        "layers": [
            layer("keras.layers", "Dense", {"activation": layer("builtins", "function", "relu")}),
            layer("keras.src.ops.numpy", "Add"),
            {**layer(None, "Mine"), "registered_name": "package>Mine"},
        ]
    },
)
#: What a pipeline that categorizes texts has, and what only its training would use.
SOUND_SPACY = b"""
[nlp]
pipeline = ["textcat"]
[nlp.tokenizer]
@tokenizers = "spacy.Tokenizer.v1"
[components.textcat]
factory = "textcat"
[components.textcat.model]
@architectures = "spacy.TextCatEnsemble.v2"
[training.optimizer]
@optimizers = "my.Own.v1"
"""
HARM: dict[str, tuple[str, str, Any, str, str]] = {
    "a lambda": ("keras", "data/model.keras", {"layers": [layer("keras.layers", "Lambda")]}, "lambda", CARRIES_CODE),
    "a function of Python's": ("keras", "data/model.keras", layer("builtins", "function", "exec"), "builtins.exec", RUNS_CODE),
    "a function of Keras'": (
        "keras", "data/model.keras", layer("keras.utils", "function", "get_file"), "keras.utils.get_file", IMPORTS,
    ),
    "another module": ("tensorflow", "data/model.keras", [layer("os", "function", "system")], "os.system", RUNS_CODE),
    "a folder of Keras'": ("keras", "data/model.keras.d/config.json", layer("os", "system"), "os.system", RUNS_CODE),
    "old Keras": ("tensorflow", "data/model.h5", b"\x89HDF\r\n\x1a\n", "HDF5", CARRIES_CODE),
    "old Keras by another name": ("tensorflow", "data/model", b"\0" * 512 + b"\x89HDF\r\n\x1a\n", "HDF5", CARRIES_CODE),
    "no archive": ("keras", "data/model.keras.d/config.json", b"\xff", "config.json", UNREADABLE),
    "a graph of TensorFlow": ("tensorflow", "tf2model/saved_model.pb", b"", "graph", CARRIES_CODE),
    "a graph of PyTorch": ("pytorch", "data/model.pt2", b"", "graph", CARRIES_CODE),
    "a module of one's own": ("sentence_transformers", "data/modules.json", [{"type": "os.Evil"}], "os.Evil", RUNS_CODE),
    "modules that are none": ("sentence_transformers", "data/modules.json", {}, "?", RUNS_CODE),
    "remote code": ("transformers", "model/config.json", {"auto_map": {"AutoModel": "x.M"}}, "trust_remote_code", CARRIES_CODE),
    "pickled weights": ("transformers", "model/pytorch_model.bin", b"", "weights", CARRIES_CODE),
    "a configuration that is none": ("transformers", "model/tokenizer_config.json", b"{", "no JSON", UNREADABLE),
    "a stage of one's own": ("spark", "sparkml/stages/0_a/metadata/part-00000", {"class": "evil.Stage"}, "evil.Stage", IMPORTS),
    "a stage in another file": ("spark", "sparkml/metadata/first", {"class": "subprocess.Popen"}, "Popen", RUNS_CODE),
    "parts of another pipeline": (
        "spacy", "model.spacy/config.cfg", b'[components.a]\nsource = "/somewhere"\n', "/somewhere", CARRIES_CODE,
    ),
    "a component of one's own": ("spacy", "m/config.cfg", b'[components.a]\nfactory = "evil"\n', "evil", IMPORTS),
    "a function of one's own": ("spacy", "m/config.cfg", b'[nlp.x]\n@misc = "os.system"\n', "os.system", RUNS_CODE),
    "a function inside": ("spacy", "m/config.cfg", b'[nlp]\nx = {"a": [{"@misc": "evil"}]}\n', "evil", IMPORTS),
    "a function elsewhere": ("spacy", "m/config.cfg", b"[nlp.x]\n@callbacks = ${vars.y}\n", "vars.y", IMPORTS),
    "a copy of a pipeline": (
        "spacy", "m/config.cfg", b'[nlp.x]\n@callbacks = "spacy.copy_from_base_model.v1"\n', "copy_from_base", IMPORTS,
    ),
    "no configuration": ("spacy", "m/config.cfg", b"[nlp", "no configuration", UNREADABLE),
    "wrapped weights": ("spacy", "m/tok2vec/model", msgpack({"shims": [[], [b"x"]]}), "weights", CARRIES_CODE),
    "no layers": ("spacy", "m/tok2vec/model", b"\xc1", "no layers", UNREADABLE),
    "packed metadata": ("spark", "sparkml/metadata/part-00000.gz", b"\x1f\x8b", "metadata", UNREADABLE),
}  # fmt: skip


@pytest.mark.parametrize("case", HARM)
def test_what_frameworks_run_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    flavor, file, content, name, verdict = HARM[case]
    folder = manifest(tmp_path / "m", python_function={"loader_module": f"mlflow.{flavor}"})
    put(folder, file, content)
    (found,) = risks.of(folder)
    assert (found.file, found.verdict) == (file, verdict)
    assert name in found.name
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    with pytest.raises(PermissionDenied, match="RUNSTONE_ALLOW_PICKLE=deny"):
        runstone.pyfunc.load_model(folder)


@pytest.mark.parametrize(
    ("flavor", "file", "content"),
    [
        ("keras", "data/model.keras", SOUND_KERAS),
        ("sentence_transformers", "data/modules.json", [{"type": "sentence_transformers.models.Pooling"}]),
        ("transformers", "model/config.json", {"model_type": "bert"}),
        ("spark", "sparkml/metadata/part-00000", {"class": "org.apache.spark.ml.PipelineModel"}),
        ("spark", "sparkml/metadata/_SUCCESS", b""),
        ("sklearn", "model.skops", b""),
        ("spacy", "m/config.cfg", SOUND_SPACY),
        ("spacy", "m/textcat/model", msgpack({"nodes": [], "shims": [[], []]})),
    ],
)
def test_what_runs_nothing_passes(tmp_path: Path, flavor: str, file: str, content: Any) -> None:
    folder = manifest(tmp_path / "m", **{flavor: {}})
    put(folder, file, content)
    assert risks.of(folder) == []


def with_code_folder(folder: Path, marks: Path) -> None:
    code = folder.parent / "own_code"
    code.mkdir()
    (code / "skops.py").write_text(f"open({str(marks)!r}, 'w')\n")
    model = LinearRegression().fit(X, Y)
    runstone.sklearn.save_model(model, folder, serialization_format="skops", code_paths=[code / "skops.py"])


def from_code(folder: Path, marks: Path) -> None:
    script = folder.parent / "script.py"
    script.write_text(
        f"import pathlib, runstone\nif {str(folder)!r} in __file__: pathlib.Path({str(marks)!r}).touch()\n"
        "runstone.models.set_model(lambda model_input: model_input)\n"
    )
    runstone.pyfunc.save_model(folder, python_model=str(script), pip_requirements=[])


def with_loader(folder: Path, marks: Path) -> None:
    (folder.parent / "a_loader.py").write_text(f"def _load_pyfunc(path):\n    open({str(marks)!r}, 'w')\n")
    manifest(folder, python_function={"loader_module": "a_loader"})


@pytest.mark.parametrize("make", [with_code_folder, from_code, with_loader])
@pytest.mark.parametrize("word", ["deny", "trusted"])
def test_code_that_may_not_run_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path, Path], None], word: str
) -> None:
    folder, marks = tmp_path / "m", tmp_path / "marks"
    make(folder, marks)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", word)
    loaders = [runstone.pyfunc.load_model, *([runstone.sklearn.load_model] if make is with_code_folder else [])]
    for load in loaders:
        with pytest.raises(PermissionDenied, match=f"RUNSTONE_ALLOW_PICKLE={word}.*=allow"):
            load(folder)
    assert not marks.exists()
    scanned = CliRunner().invoke(cli, ["models", "scan", str(folder), "--json"])
    assert scanned.exit_code == 0
    assert {one["verdict"] for one in json.loads(scanned.stdout)} == {IMPORTS if make is with_loader else CARRIES_CODE}


def test_a_registrys_code_runs_where_the_registry_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runstone.set_tracking_uri(tmp_path / "store")
    from_code(tmp_path / "m", tmp_path / "marks")
    runstone.register_model(str(tmp_path / "m"), "coded")
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "trusted")
    assert runstone.pyfunc.load_model("models:/coded/1").predict([1]) == [1]
    with pytest.raises(PermissionDenied, match="models of a registry"):
        runstone.pyfunc.load_model(str(tmp_path / "m"))


def test_a_link_to_a_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = manifest(tmp_path / "m", spark={})
    (tmp_path / "elsewhere" / "metadata").mkdir(parents=True)
    (folder / "sparkml").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    with pytest.raises(PermissionDenied, match="link to a folder"):
        runstone.pyfunc.load_model(manifest(folder, python_function={"loader_module": "mlflow.spark"}))
