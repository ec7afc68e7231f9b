"""Models of Python objects in a file: pickle, cloudpickle or skops."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from runstone.errors import InvalidValue, NotFound, NotSupported
from runstone.models.policy import KNOWN_TYPES, allow_pickle, trusted_types

SERIALIZATION_FORMAT_CLOUDPICKLE = "cloudpickle"
SERIALIZATION_FORMAT_PICKLE = "pickle"
SERIALIZATION_FORMAT_SKOPS = "skops"
SUPPORTED_SERIALIZATION_FORMATS = (SERIALIZATION_FORMAT_CLOUDPICKLE, SERIALIZATION_FORMAT_PICKLE, SERIALIZATION_FORMAT_SKOPS)


def check_format(given: str | None) -> str:
    """The format asked for, ``cloudpickle`` if none. Raises InvalidValue."""
    kind = SERIALIZATION_FORMAT_CLOUDPICKLE if given is None else given
    if kind not in SUPPORTED_SERIALIZATION_FORMATS:
        raise InvalidValue(
            f"serialization_format={given!r} is unknown; there are {', '.join(SUPPORTED_SERIALIZATION_FORMATS)}."
        )
    return kind


def write(sk_model: Any, file: Path, kind: str, types: Sequence[str] | None) -> list[str] | None:
    """Write the model; the types that a skops file is trusted with.

    Raises:
        InvalidValue: it cannot be saved in this format, or a skops file of it would hold types that nobody vouched for.
    """
    if kind == SERIALIZATION_FORMAT_SKOPS:
        return _write_skops(sk_model, file, types)
    dump: Callable[..., None] = pickle.dump
    if kind == SERIALIZATION_FORMAT_CLOUDPICKLE:
        dump = package("cloudpickle", kind).dump
    try:
        with file.open("wb") as stream:
            # The default protocol loads in every Python that is alive; the highest may not.
            dump(sk_model, stream, protocol=pickle.DEFAULT_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError) as problem:
        raise InvalidValue(f"{type(sk_model).__name__} cannot be saved as {kind}: {problem}") from problem
    return None


def _write_skops(sk_model: Any, file: Path, types: Sequence[str] | None) -> list[str] | None:
    skops = package("skops.io", SERIALIZATION_FORMAT_SKOPS)
    try:
        skops.dump(sk_model, file)
        held = skops.get_untrusted_types(file=file)
        unknown = sorted(set(held) - set(types or ()) - set(KNOWN_TYPES))
        if not unknown:
            skops.load(file, trusted=held)  # it writes some things that it cannot read
    except Exception as problem:  # skops has no common error
        raise InvalidValue(
            f"{type(sk_model).__name__} cannot be saved as skops, which takes no functions or classes defined within others; "
            f"serialization_format='cloudpickle' does. {problem}"
        ) from problem
    if unknown:
        raise InvalidValue(
            f"A skops file of {type(sk_model).__name__} holds types that nobody has vouched for: {unknown}. If they are safe "
            f"to load, say so with skops_trusted_types={unknown}; serialization_format='cloudpickle' asks no such question."
        )
    return sorted(held) or None


def read(file: Path, settings: Mapping[str, Any]) -> Any:
    """Read a model, in the format that its flavor's settings name.

    Raises:
        NotFound: the file is gone.
        PermissionDenied: it is a pickle, and ``RUNSTONE_ALLOW_PICKLE`` forbids those.
        InvalidValue: a skops file with types that nobody vouched for.
    """
    if not file.is_file():
        raise NotFound(f"The model's file {file.name!r} is not there: {file}")
    kind = check_format(settings.get("serialization_format", SERIALIZATION_FORMAT_PICKLE))
    if kind == SERIALIZATION_FORMAT_SKOPS:
        return _read_skops(file, settings)
    allow_pickle(str(file))
    load = package("cloudpickle", kind).load if kind == SERIALIZATION_FORMAT_CLOUDPICKLE else pickle.load
    with file.open("rb") as stream:
        return load(stream)


def _read_skops(file: Path, settings: Mapping[str, Any]) -> Any:
    skops = package("skops.io", SERIALIZATION_FORMAT_SKOPS)
    told = trusted_types(settings.get("skops_trusted_types"))
    refused = sorted(set(skops.get_untrusted_types(file=file)) - set(told))
    if refused:
        raise InvalidValue(
            f"{file} holds types that nobody has vouched for: {refused}. If you trust whoever made it, load it with "
            "RUNSTONE_ALLOW_PICKLE=allow and these types in its MLmodel under skops_trusted_types."
        )
    return skops.load(file, trusted=told)


def package(name: str, kind: str) -> Any:
    """The module that reads and writes a format. Raises NotSupported."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        top = name.partition(".")[0]
        raise NotSupported(
            f"The format {kind!r} needs the package {top}, which is not installed: pip install {top}"
        ) from missing
