"""What you read back: immutable values with MLflow's names, constructors and methods."""

from .artifacts import FileInfo
from .datasets import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, RunInputs, RunOutputs
from .experiments import Activity, Experiment, ExperimentTag
from .kinds import LifecycleStage, RunStatus, SourceType, ViewType
from .logged_models import LoggedModel, LoggedModelParameter, LoggedModelStatus, LoggedModelTag
from .metrics import Metric, Param, RunTag, Summary
from .pages import PagedList
from .runs import Run, RunData, RunInfo

__all__ = [
    "Activity", "Dataset", "DatasetInput", "Experiment", "ExperimentTag", "FileInfo", "InputTag", "LifecycleStage",
    "LoggedModel",
    "LoggedModelInput", "LoggedModelOutput", "LoggedModelParameter", "LoggedModelStatus", "LoggedModelTag",
    "Metric", "PagedList", "Param", "Run", "RunData", "RunInfo",
    "RunInputs", "RunOutputs", "RunStatus", "RunTag", "SourceType", "Summary", "ViewType",
]  # fmt: skip
