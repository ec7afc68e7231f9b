"""What a spaCy pipeline would run while it is loaded.

Its configuration names functions and components, which spaCy looks up among those that installed packages have registered, and
may take parts from another pipeline; layers that wrap PyTorch or TensorFlow keep their weights in pickles and HDF5.
"""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from .scan import CARRIES_CODE, UNREADABLE, verdict

#: Components that spaCy itself has.
_FACTORIES = {
    "attribute_ruler", "beam_ner", "beam_parser", "doc_cleaner", "entity_linker", "entity_ruler", "future_entity_ruler",
    "lemmatizer", "merge_entities", "merge_noun_chunks", "merge_subtokens", "morphologizer", "ner", "parser", "sentencizer",
    "senter", "span_cleaner", "span_finder", "span_ruler", "spancat", "spancat_singlelabel", "tagger", "textcat",
    "textcat_multilabel", "tok2vec", "token_splitter", "trainable_lemmatizer",
}  # fmt: skip
#: Functions that spaCy and Thinc register: spaCy's by its name, Thinc's without one.
_OWN = re.compile(r"(?:spacy|spacy-legacy)\.\w+\.v\d+|[a-zA-Z]\w*\.v\d+")
#: Those among them that load or read what lies elsewhere.
_ELSEWHERE = re.compile(r"spacy\.copy_from_base_model\.|(?:PyTorch|TensorFlow|MXNet)\w*Wrapper\.|PyTorchLSTM\.")
#: Sections that are used when a pipeline is trained, and not when it is loaded.
_TRAINING = ("corpora", "initialize", "pretraining", "training")


def of(folder: Path, files: list[Path]) -> Iterator[tuple[Path, str, str]]:
    """File, name and verdict of each finding, by what ``files`` of a model's folder hold."""
    for file in files:
        if file.name == "config.cfg":
            yield from ((file, *one) for one in _config(file))
        elif file.suffix in (".pkl", ".pickle", ".pt", ".pth", ".h5"):
            yield file, "weights in a format that runs code", CARRIES_CODE
        elif file.name == "model":
            yield from ((file, *one) for one in _layers(file))


def _config(file: Path) -> Iterator[tuple[str, str]]:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names differ by their case
    try:
        parser.read_string(file.read_text("utf-8"))
        told = {name: {key: _value(text) for key, text in parser.items(name)} for name in parser.sections()}
    except (OSError, ValueError, configparser.Error, RecursionError) as problem:
        yield f"no configuration: {problem}", UNREADABLE
        return
    for section, values in told.items():
        if section.partition(".")[0] in _TRAINING:
            continue
        component = section.count(".") == 1 and section.startswith("components.")
        if component and "source" in values:
            yield f"parts of another pipeline, {values['source']}", CARRIES_CODE
        elif component and values.get("factory") not in _FACTORIES:
            yield f"the component {values.get('factory')}", verdict(str(values.get("factory")))
        for name in _functions(values):
            if not isinstance(name, str) or not _OWN.fullmatch(name) or _ELSEWHERE.match(name):
                yield f"the function {name}", verdict(str(name))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text  # a reference to another place, ${…}, or a bare word


def _functions(value: Any) -> Iterator[Any]:
    """Values of keys such as ``@architectures``, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if str(key).startswith("@"):
                yield inner
            yield from _functions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _functions(inner)


def _layers(file: Path) -> Iterator[tuple[str, str]]:
    """Thinc's layers: a map in MessagePack, whose ``shims`` are what other frameworks have written."""
    try:
        told = msgspec.msgpack.decode(file.read_bytes())
        shims = [one for layer in told["shims"] for one in layer]
    except (OSError, ValueError, msgspec.DecodeError, TypeError, KeyError, RecursionError) as problem:
        yield f"no layers of Thinc: {problem}", UNREADABLE
        return
    if shims:
        yield "weights that PyTorch or TensorFlow has written, in a pickle or HDF5", CARRIES_CODE
