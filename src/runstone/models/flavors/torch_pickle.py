"""cloudpickle in the shape that ``torch.save`` and ``torch.load`` ask for in a ``pickle_module``.

MLflow's manifests call theirs ``mlflow.pytorch.pickle_module``; this is what that name means here.
"""

from __future__ import annotations

from pickle import Unpickler

from cloudpickle import CloudPickler as Pickler
from cloudpickle import dump, dumps, load, loads

__all__ = ["Pickler", "Unpickler", "dump", "dumps", "load", "loads"]
