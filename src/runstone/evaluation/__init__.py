"""Models held against data whose answers are known: MLflow's ``evaluate``, its names loaded when first used."""

from runstone._lazy import lazy

__getattr__, __dir__ = lazy(
    __name__,
    {
        "EvaluationArtifact": f"{__name__}.artifacts:EvaluationArtifact",
        "EvaluationDataset": f"{__name__}.given:EvaluationDataset",
        "EvaluationMetric": f"{__name__}.metric:EvaluationMetric",
        "EvaluationResult": f"{__name__}.result:EvaluationResult",
        "MetricThreshold": f"{__name__}.thresholds:MetricThreshold",
        "ModelValidationFailedException": f"{__name__}.thresholds:ModelValidationFailedException",
        "evaluate": f"{__name__}.evaluate:evaluate",
        "list_evaluators": f"{__name__}.evaluate:list_evaluators",
        "make_metric": f"{__name__}.metric:make_metric",
        "validate_evaluation_results": f"{__name__}.thresholds:validate_evaluation_results",
    },
)
