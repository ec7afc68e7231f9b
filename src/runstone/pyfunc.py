"""Models of your own, and any model as a function of data. The names are MLflow's; the work is in :mod:`runstone.models`."""

from ._lazy import lazy

_PARTS = {
    "dependencies": ("get_model_dependencies",),
    "pyfunc": ("FLAVOR_NAME", "PyFuncModel", "load_model"),
    "python_model": ("PythonModel", "PythonModelContext"),
    "python_save": ("add_to_model", "get_default_conda_env", "get_default_pip_requirements", "log_model", "save_model"),
}
__getattr__, __dir__ = lazy(
    __name__,
    {
        **{name: f"runstone.models.{part}:{name}" for part, names in _PARTS.items() for name in names},
        "spark_udf": "runstone.scoring.spark_udf:spark_udf",
    },
)
