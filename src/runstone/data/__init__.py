"""Datasets that runs use: MLflow's ``data`` module, its names loaded when first used."""

from runstone._lazy import lazy

_MODULES = (
    "code_dataset_source", "dataset", "dataset_source", "dataset_source_registry", "filesystem_dataset_source",
    "http_dataset_source", "huggingface_dataset", "huggingface_dataset_source", "numpy_dataset", "pandas_dataset",
    "polars_dataset", "pyfunc_dataset_mixin", "schema", "sources", "spark_dataset", "spark_dataset_source",
    "tensorflow_dataset",
)  # fmt: skip

__getattr__, __dir__ = lazy(
    __name__,
    {
        **{name: f"{__name__}.{name}" for name in _MODULES},
        "Dataset": f"{__name__}.dataset:Dataset",
        "DatasetSource": f"{__name__}.dataset_source:DatasetSource",
        "from_huggingface": f"{__name__}.huggingface_dataset:from_huggingface",
        "from_numpy": f"{__name__}.numpy_dataset:from_numpy",
        "from_pandas": f"{__name__}.pandas_dataset:from_pandas",
        "from_polars": f"{__name__}.polars_dataset:from_polars",
        "from_spark": f"{__name__}.spark_dataset:from_spark",
        "from_tensorflow": f"{__name__}.tensorflow_dataset:from_tensorflow",
        "get_source": f"{__name__}.dataset_source_registry:get_source",
    },
)
