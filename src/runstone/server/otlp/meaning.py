"""What the attributes of spans mean, whoever named them: MLflow, OpenTelemetry's conventions for generative AI, OpenInference.

Sources: opentelemetry.io/docs/specs/semconv/gen-ai, arize-ai.github.io/openinference/spec/semantic_conventions.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from .spans import Span

INPUTS, OUTPUTS, TYPE = "mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.spanType"
USAGE, COST, MODEL = "mlflow.chat.tokenUsage", "mlflow.llm.cost", "mlflow.llm.model"
TRACE_TAG = "mlflow.traceTag."
#: Other names of the same, the first that is there counts.
_ALIASES = {
    INPUTS: ("gen_ai.input.messages", "gen_ai.prompt", "input.value", "gen_ai.tool.call.arguments"),
    OUTPUTS: ("gen_ai.output.messages", "gen_ai.completion", "output.value", "gen_ai.tool.call.result"),
    MODEL: ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name"),
    "session": ("session.id", "gen_ai.conversation.id", "mlflow.trace.session"),
    "user": ("user.id", "mlflow.trace.user"),
}
_TOKENS = {
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion"),
    "total_tokens": ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"),
}
_TYPES = {
    "chat": "CHAT_MODEL", "text_completion": "LLM", "generate_content": "LLM", "embeddings": "EMBEDDING",
    "execute_tool": "TOOL", "create_agent": "AGENT", "invoke_agent": "AGENT", "LLM": "LLM", "EMBEDDING": "EMBEDDING",
    "CHAIN": "CHAIN", "RETRIEVER": "RETRIEVER", "RERANKER": "RERANKER", "TOOL": "TOOL", "AGENT": "AGENT",
}  # fmt: skip


def translated(span: Span) -> Span:
    """The span, with MLflow's names beside the others, so that its clients show inputs, outputs, type, model and usage."""
    found = dict(span.attributes)
    for name in (INPUTS, OUTPUTS, MODEL):
        value = None if name in found else first(found, _ALIASES[name])
        if value is not None:
            found[name] = _parsed(value)
    found |= {name: _parsed(found[name]) for name in (USAGE, COST) if name in found}
    if TYPE not in found:
        kind = found.get("gen_ai.operation.name") or found.get("openinference.span.kind")
        found[TYPE] = _TYPES.get(str(kind), "UNKNOWN")
    counts = {name: value for name, keys in _TOKENS.items() if (value := _number(first(found, keys))) is not None}
    if counts and USAGE not in found:
        both = counts.get("input_tokens", 0) + counts.get("output_tokens", 0)
        found[USAGE] = {"input_tokens": 0, "output_tokens": 0, "total_tokens": both, **counts}
    span.attributes = found
    return span


def first(attributes: dict[str, Any], names: Iterable[str]) -> Any:
    return next((attributes[name] for name in names if attributes.get(name) is not None), None)


def session(attributes: dict[str, Any]) -> Any:
    return first(attributes, _ALIASES["session"])


def user(attributes: dict[str, Any]) -> Any:
    return first(attributes, _ALIASES["user"])


def total(spans: Sequence[dict[str, Any]], attribute: str) -> dict[str, float] | None:
    """Sum of a trace's usage or cost. A span that has a figure speaks for all below it: some tracers sum up in parents.

    ``spans`` are as :func:`~.spans.kept` makes them; ``None`` where no span has a figure.
    """
    figures, parents = {}, {}
    for one in spans:
        parents[one["span_id"]] = one.get("parent_span_id")
        value = _parsed((one.get("attributes") or {}).get(attribute))
        if isinstance(value, dict):
            figures[one["span_id"]] = {key: number for key, each in value.items() if (number := _number(each)) is not None}
    sums: dict[str, float] = {}
    covered: dict[str, bool] = {}
    for span_id, figure in figures.items():
        if not _below_another(span_id, parents, figures, covered):
            for key, number in figure.items():
                sums[key] = sums.get(key, 0) + number
    return sums if figures else None


def _below_another(span_id: str, parents: dict[str, Any], figures: dict[str, Any], covered: dict[str, bool]) -> bool:
    walked, above = set[str](), parents.get(span_id)
    found = False
    while above in parents and above not in walked:
        if above in covered:
            found = covered[above]
            break
        walked.add(above)
        if above in figures:
            found = True
            break
        above = parents[above]
    covered.update(dict.fromkeys(walked, found))
    return found


def _parsed(value: Any) -> Any:
    """Structure that came as JSON text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 1e15:
        return None
    return value
