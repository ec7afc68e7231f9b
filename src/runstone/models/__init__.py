"""Models with a manifest: what they take and give, where they came from, how to load them."""

from runstone._lazy import lazy

__getattr__, __dir__ = lazy(
    __name__,
    {
        **{
            name: f"runstone.evaluation:{name}"
            for name in (
                "EvaluationArtifact",
                "EvaluationMetric",
                "EvaluationResult",
                "MetricThreshold",
                "evaluate",
                "list_evaluators",
                "make_metric",
                "validate_evaluation_results",
            )
        },
        "Model": "runstone.models.manifest:Model",
        "ModelConfig": "runstone.models.python_function:ModelConfig",
        "ModelInfo": "runstone.models.info:ModelInfo",
        "ModelSignature": "runstone.models.signature:ModelSignature",
        **{
            name: f"runstone.scoring.once:{name}"
            for name in ("convert_input_example_to_serving_input", "predict", "validate_serving_input")
        },
        **{name: f"runstone.models.dependencies:{name}" for name in ("get_model_dependencies", "infer_pip_requirements")},
        "build_docker": "runstone.scoring.image:build_docker",
        "get_model_info": "runstone.models.reading:get_model_info",
        "infer_signature": "runstone.models.signature:infer_signature",
        "set_model": "runstone.models.python_function:set_model",
        "set_signature": "runstone.models.changing:set_signature",
        "signature": "runstone.models.signature",
        "update_model_requirements": "runstone.models.changing:update_model_requirements",
        "validate_schema": "runstone.models.reading:validate_schema",
    },
)
