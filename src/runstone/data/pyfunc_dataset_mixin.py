"""Datasets that a model can be asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class PyFuncInputsOutputs:
    """What goes into a model, and what is to come out."""

    inputs: Any
    outputs: Any = None


class PyFuncConvertibleDatasetMixin:
    def to_pyfunc(self) -> PyFuncInputsOutputs:
        """Features and targets apart."""
        raise NotImplementedError
