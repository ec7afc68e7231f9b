"""What a model takes, gives and can be told: its signature."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from runstone._lazy import lazy
from runstone.client.notices import warn_once
from runstone.errors import InvalidValue

from .datatypes import AnyType
from .infer import infer_schema
from .params import ParamSchema, infer_params
from .schema import ColSpec, Schema

# MLflow's place for the function that gives a saved model another signature, which is a level above
__getattr__, __dir__ = lazy(__name__, {"set_signature": "runstone.models.changing:set_signature"})


class ModelSignature:
    """Schemas of inputs, outputs and params; at least one is given.

    Args:
        inputs, outputs: a :class:`~runstone.models.schema.Schema` each, or None.
        params: a :class:`~runstone.models.params.ParamSchema`, or None.
    """

    def __init__(self, inputs: Schema | None = None, outputs: Schema | None = None, params: ParamSchema | None = None) -> None:
        for name, value, kind in (("inputs", inputs, Schema), ("outputs", outputs, Schema), ("params", params, ParamSchema)):
            if value is not None and not isinstance(value, kind):
                raise InvalidValue(
                    f"{name} is a {kind.__name__} or None, not {type(value).__name__}; infer_signature makes one."
                )
        if inputs is None and outputs is None and params is None:
            raise InvalidValue("A signature needs inputs, outputs or params.")
        self.inputs, self.outputs, self.params = inputs, outputs, params

    def to_dict(self) -> dict[str, Any]:
        """Each part as a JSON text, None where there is none: the form in an MLmodel file."""
        parts = {"inputs": self.inputs, "outputs": self.outputs, "params": self.params}
        return {name: part.to_json() if part else None for name, part in parts.items()}

    @classmethod
    def from_dict(cls, signature_dict: Mapping[str, Any]) -> ModelSignature:
        """From :meth:`to_dict`'s form; parts may also be lists already parsed. Raises InvalidValue."""

        def text(name: str) -> str | None:
            told = signature_dict.get(name)
            return told if told is None or isinstance(told, str) else json.dumps(told)

        inputs, outputs, params = text("inputs"), text("outputs"), text("params")
        return cls(
            inputs=Schema.from_json(inputs) if inputs else None,
            outputs=Schema.from_json(outputs) if outputs else None,
            params=ParamSchema.from_json(params) if params else None,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelSignature) and other.to_dict() == self.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"inputs: \n  {self.inputs!r}\noutputs: \n  {self.outputs!r}\nparams: \n  {self.params!r}\n"


def infer_signature(
    model_input: Any = None, model_output: Any = None, params: Mapping[str, Any] | None = None
) -> ModelSignature:
    """The signature of a model from data it took and gave.

    Args:
        model_input, model_output: DataFrame, Series, array, sparse matrix, dict, list or one value; what cannot be
            described becomes "any" with a warning, so that logging goes on.
        params: name to default value.

    Raises:
        InvalidValue: all three are None, or params that cannot be described.
    """
    return ModelSignature(
        inputs=None if model_input is None else _lenient(model_input, "inputs"),
        outputs=None if model_output is None else _lenient(model_output, "outputs"),
        params=infer_params(params) if params else None,
    )


def signature_of_example(
    data: Any, params: Mapping[str, Any] | None, predict: Callable[[Any, Mapping[str, Any] | None], Any]
) -> ModelSignature:
    """The signature of a model from its input example, and from what the model makes of that.

    Args:
        data, params: the example's.
        predict: called with both; if it fails, a warning says so and the signature has no outputs.
    """
    output = None
    try:
        output = predict(data, params)
    except Exception as problem:  # the example may be wrong in any way; the model is worth keeping
        warn_once("input_example", f"the model cannot predict its input example, so its signature has inputs only: {problem}")
    found = infer_signature(data, output, params)
    rows = found.inputs is not None and not found.inputs.is_tensor_spec()
    if rows and isinstance(output, np.ndarray) and output.ndim == 1:
        found.outputs = _lenient(list(output), "outputs")  # one value for each row is a column, as in MLflow
    return found


def _lenient(data: Any, name: str) -> Schema:
    try:
        return infer_schema(data)
    except InvalidValue as problem:
        warn_once(
            f"signature {name}: {problem}", f"the {name} of the signature have no type and will not be checked: {problem}"
        )
        return Schema([ColSpec(AnyType())])
