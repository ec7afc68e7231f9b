"""Writes the store of the scenes about saved views, many runs at once, the trash and traces."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from runstone.connect import open_artifacts, open_store
from runstone.contracts import Batch
from runstone.entities import LoggedModelOutput
from runstone.records import (
    ExperimentCreated,
    LoggedModelCreated,
    Metrics,
    Outputs,
    Params,
    RunChanged,
    RunStarted,
    Tags,
    TraceStarted,
)

NIGHT = 1_760_000_000_000


def write(folder: Path) -> None:
    """Experiments ``tries`` (1) with ``try-0`` to ``try-4``, ``keepers`` (2), and ``attic`` (3) with ``spare``."""
    store = open_store(str(folder))
    made: list[Any] = [ExperimentCreated("tries", time=NIGHT), ExperimentCreated("keepers", time=NIGHT)]
    for number in range(5):
        run = f"{number:032x}"
        made += [RunStarted(run, "1", NIGHT + number, f"try-{number}", user_id="ada", tags={"team": "vision"})]
        made += [Params(run, {"lr": f"0.{number}", "seed": "1"}), _points(run, "loss", [3.0 - number / 2, 1.0 - number / 8])]
        made += [RunChanged(run, NIGHT + 9_000, status="FINISHED", end_time=NIGHT + 9_000)]
    made += [ExperimentCreated("attic", time=NIGHT), RunStarted(f"{9:032x}", "3", NIGHT, "spare", status="FINISHED")]
    made += [
        LoggedModelCreated(f"m-{number:032x}", "1", "clf", NIGHT, source_run=f"{number:032x}", path="clf", status="READY")
        for number in (2, 3)
    ]
    made += [Outputs(f"{number:032x}", [LoggedModelOutput(f"m-{number:032x}")]) for number in (2, 3)]
    made += [Tags(f"{4:032x}", {"mlflow.source.type": "PROJECT"}), RunChanged(f"{4:032x}", NIGHT, status="RUNNING")]
    store.write(Batch(made))
    place = store.get_run(f"{1:032x}").info.artifact_uri or ""
    _trace(store)
    report = folder / "report.txt"
    report.write_text("kept through a move")
    open_artifacts(place).put(report, "report.txt")
    store.close()


def _points(run: str, key: str, values: list[float]) -> Metrics:
    nothing, steps = np.zeros(len(values), "<u4").tobytes(), np.arange(len(values), dtype="<i8").tobytes()
    return Metrics(run, [key], nothing, steps, np.array(values, "<f8").tobytes(), steps)


def _trace(store: Any) -> None:
    """``tr-ask`` with a failed model call among three spans, ``tr-idle`` without any."""
    said = {
        "assessment_name": "correct",
        "feedback": {"value": False},
        "rationale": "invented",
        "source": {"source_id": "judge"},
    }
    details = json.dumps({"request_preview": "why <b>so</b>?", "response_preview": "because", "assessments": [said]})
    usage = {"mlflow.trace.tokenUsage": '{"input_tokens": 1200, "output_tokens": 34, "total_tokens": 1234}'}
    asked = TraceStarted("tr-ask", "1", NIGHT, 2_500, "ERROR", details, usage, {"mlflow.traceName": "answer", "env": "prod"})
    idle = TraceStarted("tr-idle", "1", NIGHT + 1, 3, "OK", tags={"mlflow.traceName": "idle"})
    store.write(Batch([asked, idle]))

    def span(name: str, parent: str, start: int, end: int, **more: Any) -> dict[str, Any]:
        return {"span_id": name, "parent_span_id": parent, "name": name, "start_time_unix_nano": (NIGHT + start) * 10**6,
                "end_time_unix_nano": (NIGHT + end) * 10**6, "status": {"code": "OK"}, **more}  # fmt: skip

    model = {
        "mlflow.spanType": '"LLM"',
        "mlflow.spanInputs": '{"messages": [{"role": "user", "content": "why?"}]}',
        "seed": "7",
    }
    error = {"name": "exception", "time_unix_nano": (NIGHT + 2_000) * 10**6, "attributes": {"exception.type": "Timeout"}}
    spans = [
        span("agent", "", 0, 2_500),
        span("search", "agent", 100, 700, attributes={"mlflow.spanType": '"RETRIEVER"', "mlflow.spanOutputs": '["a", "b"]'}),
        span("model", "agent", 800, 2_000, attributes=model, events=[error], status={"code": "ERROR", "message": "too slow"}),
    ]
    place = open_artifacts(store.get_trace("tr-ask").artifact_location)
    place.put(io.BytesIO(json.dumps({"spans": spans}).encode()), "traces.json")
