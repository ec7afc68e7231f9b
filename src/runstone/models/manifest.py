"""The MLmodel file: which flavors a model folder has, its signature, its example, where it came from.

The file is YAML and the keys are MLflow's, so that either side reads the other's. Keys that this version does not know are
kept and written back.
"""

from __future__ import annotations

import datetime
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from runstone._lazy import later
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue, NotFound
from runstone.version import __version__

from . import yaml_text
from .example import load_example
from .info import ModelInfo
from .locate import local_folder
from .params import ParamSchema
from .schema import Schema
from .signature import ModelSignature

FILE_NAME = "MLmodel"
#: The version of MLflow whose format we write.
FORMAT_VERSION = "3.17.2"
#: Flavors that are ours, one file each in ``flavors``; MLflow's loader modules have their names.
FLAVORS = (
    "catboost", "keras", "lightgbm", "onnx", "prophet", "pytorch", "sentence_transformers", "sklearn", "spacy", "spark",
    "statsmodels", "tensorflow", "transformers", "xgboost",
)  # fmt: skip

_ABSENT = object()
_log = later("runstone.models.log")


class Model:
    """What an MLmodel file says.

    Args:
        artifact_path: where the model lies among its run's artifacts; None for a model saved to a folder.
        run_id: the run that logged it.
        utc_time_created: UTC, as text; now if None.
        flavors: flavor name to its settings.
        signature: a :class:`~runstone.models.ModelSignature`.
        saved_input_example_info: where the example lies and what it is.
        model_uuid: the model's own id; a new one if not given.
        mlflow_version: the version of the format.
        metadata: the caller's own, anything that YAML can say.
        model_size_bytes: the size of the folder without its MLmodel and environment files.
        kwargs: further keys of the file.

    Attributes:
        hinted: whether the signature is what type hints of ``predict`` say.
    """

    def __init__(
        self,
        artifact_path: str | None = None,
        run_id: str | None = None,
        utc_time_created: str | datetime.datetime | None = None,
        flavors: dict[str, dict[str, Any]] | None = None,
        signature: ModelSignature | None = None,
        saved_input_example_info: dict[str, Any] | None = None,
        model_uuid: Any = _ABSENT,
        mlflow_version: str | None = FORMAT_VERSION,
        metadata: dict[str, Any] | None = None,
        model_size_bytes: int | None = None,
        resources: Any = None,
        env_vars: list[str] | None = None,
        auth_policy: Any = None,
        model_id: str | None = None,
        prompts: list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        self.artifact_path, self.run_id = artifact_path, run_id
        self.utc_time_created = str(utc_time_created or now)
        self.flavors = flavors if flavors is not None else {}
        self.signature = signature
        self.saved_input_example_info = saved_input_example_info
        given = uuid.uuid4().hex if model_uuid is _ABSENT else model_uuid
        self.model_uuid: str | None = given() if callable(given) else given
        self.mlflow_version = mlflow_version
        self.metadata = metadata
        self.model_size_bytes = model_size_bytes
        self.resources, self.env_vars, self.auth_policy = resources, env_vars, auth_policy
        self.model_id, self.prompts = model_id, prompts
        self.hinted = False
        self.further = kwargs

    def add_flavor(self, name: str, **params: Any) -> Model:
        """Say that the folder can be loaded as ``name``, with these settings."""
        self.flavors[name] = params
        return self

    def get_input_schema(self) -> Schema | None:
        return self.signature.inputs if self.signature else None

    def get_output_schema(self) -> Schema | None:
        return self.signature.outputs if self.signature else None

    def get_params_schema(self) -> ParamSchema | None:
        return self.signature.params if self.signature else None

    def load_input_example(self, path: str | os.PathLike[str]) -> Any:
        """The data of the input example of the model in folder ``path``; None if there is none."""
        return self._example(path)[0]

    def load_input_example_params(self, path: str | os.PathLike[str]) -> dict[str, Any] | None:
        """Its params."""
        return self._example(path)[1]

    def get_serving_input(self, path: str | os.PathLike[str]) -> str | None:
        """The input example as the body of a request to a scoring server; None if there is none."""
        named = (self.saved_input_example_info or {}).get("serving_input_path")
        file = Path(local_folder(path), str(named or ""))
        return file.read_text("utf-8") if named and file.is_file() else None

    def _example(self, path: str | os.PathLike[str]) -> tuple[Any, dict[str, Any] | None]:
        info = self.saved_input_example_info
        return (None, None) if info is None else load_example(local_folder(path), info)

    def get_model_info(self, model_uri: str | None = None) -> ModelInfo:
        """What a caller of ``log_model`` gets; ``model_uri`` is ``models:/<model id>`` unless given, ``runs:/…`` of a model
        that has no id."""
        uri = model_uri or (f"models:/{self.model_id}" if self.model_id else f"runs:/{self.run_id}/{self.artifact_path}")
        return ModelInfo(
            artifact_path=self.artifact_path,
            flavors=self.flavors,
            model_uri=uri,
            model_uuid=self.model_uuid,
            run_id=self.run_id,
            saved_input_example_info=self.saved_input_example_info,
            signature=self.signature,
            utc_time_created=self.utc_time_created,
            mlflow_version=self.mlflow_version,
            metadata=self.metadata,
            env_vars=self.env_vars,
            prompts=self.prompts,
            model_id=self.model_id,
        )

    def get_tags_dict(self) -> dict[str, Any]:
        """Where it came from and its flavors, without their ``config``: MLflow's tag of a run's models is made of this."""
        told = self.to_dict()
        known: dict[str, Any] = {
            key: told[key] for key in ("run_id", "utc_time_created", "artifact_path", "model_uuid") if key in told
        }
        flavors = {name: {k: v for k, v in one.items() if k != "config"} for name, one in self.flavors.items()}
        return {**known, "flavors": flavors}

    @classmethod
    def log(
        cls,
        artifact_path: str | None,
        flavor: Any,
        registered_model_name: str | None = None,
        await_registration_for: int | None = 300,
        metadata: dict[str, Any] | None = None,
        run_id: str | None = None,
        resources: Any = None,
        auth_policy: Any = None,
        prompts: list[Any] | None = None,
        name: str | None = None,
        model_type: str | None = None,
        params: dict[str, Any] | None = None,
        tags: dict[str, Any] | None = None,
        step: int = 0,
        model_id: str | None = None,
        **kwargs: Any,
    ) -> ModelInfo:
        """Log a model with a flavor of one's own, to a run: what ``log_model`` of flavors that other packages bring calls.

        Args:
            artifact_path, name: where it goes; see :func:`runstone.models.log.log_to_run`, which has the other arguments, too.
            flavor: a module with ``save_model(path=, mlflow_model=, …)``.
            metadata, resources, auth_policy: for the manifest.
            kwargs: for ``save_model``.
        """

        def save(folder: Path, manifest: Model) -> None:
            manifest.metadata, manifest.resources, manifest.auth_policy = metadata, resources, auth_policy
            flavor.save_model(path=os.fspath(folder), mlflow_model=manifest, **kwargs)
            manifest.save(folder / FILE_NAME)

        logged: dict[str, Any] = {"params": params, "tags": tags, "model_type": model_type, "step": step, "model_id": model_id}
        info: ModelInfo = _log.log_to_run(
            save, artifact_path, name, registered_model_name, run_id=run_id, prompts=prompts, **logged
        )
        return info

    def to_dict(self) -> dict[str, Any]:
        """The file's content. Keys without a value are left out, but for those that MLflow always writes."""
        optional = {
            "artifact_path": self.artifact_path,
            "run_id": self.run_id,
            "signature": self.signature.to_dict() if self.signature else None,
            "saved_input_example_info": self.saved_input_example_info,
            "metadata": self.metadata,
            "model_size_bytes": self.model_size_bytes,
            "resources": self.resources,
            "env_vars": self.env_vars,
            "auth_policy": self.auth_policy,
        }
        if self.signature:
            optional |= {"is_signature_from_type_hint": self.hinted, "type_hint_from_example": False}
        always = {
            "flavors": self.flavors,
            "mlflow_version": self.mlflow_version,
            "model_id": self.model_id,
            "model_uuid": self.model_uuid,
            "prompts": self.prompts,
            "utc_time_created": self.utc_time_created,
        }
        return {**self.further, **{key: value for key, value in optional.items() if value is not None}, **always}

    def to_yaml(self, stream: Any = None) -> str:
        """As YAML text; written to ``stream`` if given."""
        text = yaml_text.dumps(self.to_dict())
        if stream is not None:
            stream.write(text)
        return text

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), default=str)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file, whole or not at all. Raises InvalidValue for metadata that YAML cannot say."""
        target = Path(path)
        try:
            text = self.to_yaml()
        except yaml.YAMLError as cause:
            raise InvalidValue(f"The model's metadata holds what YAML cannot say; plain values work. {cause}") from cause
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """Read a model folder, or the file itself; a ``runs:/…`` URI works too.

        Raises:
            NotFound: there is no such file.
            InvalidValue: it is not an MLmodel file.
        """
        file = Path(path)
        if not file.is_file():
            file = local_folder(path) / FILE_NAME
        try:
            told = yaml_text.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError as cause:
            raise NotFound(f"There is no model in {os.fspath(path)!r}: it has no {FILE_NAME} file.") from cause
        except (yaml.YAMLError, UnicodeDecodeError) as cause:
            raise InvalidValue(f"{file} cannot be read as YAML, so it is no {FILE_NAME} file: {cause}") from cause
        if not isinstance(told, dict) or not isinstance(told.get("flavors"), dict):
            raise InvalidValue(f"{file} has no 'flavors', so it is no {FILE_NAME} file of MLflow or Runstone.")
        newer = _newer(told)
        try:
            made = cls.from_dict(told)
        except InvalidValue as cause:
            raise InvalidValue(f"{file} cannot be read: {cause.message} {newer}".rstrip()) from cause
        if newer:
            warn_once(f"newer {told['mlflow_version']}", f"{file}: {newer} What is new in it is not seen.")
        return made

    @classmethod
    def from_dict(cls, model_dict: Mapping[str, Any]) -> Model:
        """From the file's content. Files of old versions lack ``model_uuid`` and ``mlflow_version``."""
        told = {"model_uuid": None, "mlflow_version": None, **model_dict}
        told.pop("type_hint_from_example", None)
        hinted = bool(told.pop("is_signature_from_type_hint", False))
        if isinstance(told.get("signature"), dict):
            told["signature"] = ModelSignature.from_dict(told["signature"])
        made = cls(**told)
        made.hinted = hinted
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and other.to_dict() == self.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.to_yaml()

    def __repr__(self) -> str:
        return f"<Model {self.model_uuid} with flavors {', '.join(sorted(self.flavors))}>"


def _newer(told: Mapping[str, Any]) -> str:
    """A sentence where a manifest is of a later series of MLflow than the one whose format is known here; else empty."""
    written = str(told.get("mlflow_version"))
    series = written.partition(".")[0]
    if not (series.isdecimal() and int(series) > int(FORMAT_VERSION.partition(".")[0])):
        return ""
    return (
        f"It is in the format of mlflow {written}, and the newest known here is {FORMAT_VERSION}; a newer Runstone may know it."
    )


def written_by() -> dict[str, str]:
    """The keys that say which program wrote a model folder."""
    return {"runstone_version": __version__}
