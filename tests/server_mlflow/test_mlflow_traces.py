"""Heads of traces as MLflow's tracer keeps and finds them."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def v3(mlflow: Any) -> Any:
    return type(mlflow)(mlflow.client, "/api/3.0/mlflow")


def head(trace_id: str, experiment: str = "0", second: int = 1, **more: Any) -> dict[str, Any]:
    info = {
        "trace_id": trace_id,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}},
        "request_time": f"2026-01-31T12:00:{second:02d}.123456789Z",
        "execution_duration": "1.5s",
        "state": "OK",
        "trace_metadata": {"mlflow.sourceRun": "r1"},
        "tags": {"mlflow.traceName": f"name {second}"},
        "request_preview": "what?",
        **more,
    }
    return {"trace": {"trace_info": info}}


def test_a_head_is_kept_and_brought_up_to_date(v3: Any) -> None:
    v3.post("traces", **head("tr-1", state="IN_PROGRESS", execution_duration=None))
    made = v3.post("traces", **head("tr-1"))["trace"]["trace_info"]
    found = v3.get("traces/tr-1")["trace"]["trace_info"]
    assert found == made
    assert (found["state"], found["execution_duration"], found["request_preview"]) == ("OK", "1.500s", "what?")
    assert found["request_time"] == "2026-01-31T12:00:01.123Z"
    assert found["tags"]["mlflow.artifactLocation"] == "mlflow-artifacts:/0/traces/tr-1/artifacts"
    v3.refused("GET", "traces/nobody", 404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    "wrong",
    [
        {"request_time": "noon"},
        {"execution_duration": "long"},
        {"state": "FINE"},
        {"tags": {"a\n": "b"}},
        {"trace_location": {}},
    ],
)
def test_a_head_that_cannot_be_is_refused(v3: Any, wrong: dict[str, Any]) -> None:
    v3.refused("POST", "traces", json=head("tr-1", **wrong))
    v3.refused("GET", "traces/tr-1", 404, "RESOURCE_DOES_NOT_EXIST")


def test_tags_and_assessments(mlflow: Any, v3: Any) -> None:
    v3.post("traces", **head("tr-1"))
    mlflow.answer("PATCH", "traces/tr-1/tags", json={"key": "t", "value": "1"})
    assert v3.get("traces/tr-1")["trace"]["trace_info"]["tags"]["t"] == "1"
    mlflow.answer("DELETE", "traces/tr-1/tags", json={"key": "t"})
    mlflow.refused("DELETE", "traces/tr-1/tags", 404, "RESOURCE_DOES_NOT_EXIST", json={"key": "t"})
    made = v3.post("traces/tr-1/assessments", assessment={"assessment_name": "good", "feedback": {"value": True}})["assessment"]
    assert v3.get("traces/tr-1")["trace"]["trace_info"]["assessments"] == [made]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"assessment_name": 1.5}, "assessment.assessment_name"), ({"source": -1}, "assessment.source"),
        ({"source": {"source_id": []}}, "assessment.source.source_id"), ({"rationale": 7}, "assessment.rationale"),
        ({"metadata": {"a": 1}}, "assessment.metadata"), ({"valid": "x"}, "assessment.valid"),
        ({"span_id": 9}, "assessment.span_id"), ({"create_time": "nope"}, "assessment.create_time"),
        ({"feedback": None, "expectation": {}}, "assessment.expectation.value"),
        ({"feedback": {"error": 5}}, "assessment.feedback.error"),
        ({"feedback": None, "expectation": {"serialized_value": {"value": "{}"}}}, "serialization_format"),
    ],
)  # fmt: skip
def test_an_assessment_that_no_client_could_read_hides_no_trace(v3: Any, wrong: dict[str, Any], where: str) -> None:
    v3.post("traces", **head("tr-1"))
    good = {"assessment_name": "good", "feedback": {"value": True}}
    told = {key: value for key, value in {**good, **wrong}.items() if value is not None}
    assert where in v3.refused("POST", "traces/tr-1/assessments", json={"assessment": told})
    among = where.replace("assessment.", "assessments[0].", 1)
    assert among in v3.refused("POST", "traces", json=head("tr-2", assessments=[told]))
    made = v3.post("traces/tr-1/assessments", assessment=good)["assessment"]
    change = {"assessment": told, "update_mask": "rationale"}
    v3.refused("PATCH", f"traces/tr-1/assessments/{made['assessment_id']}", json=change)
    assert v3.get("traces/tr-1")["trace"]["trace_info"]["assessments"] == [made]


def test_an_assessment_is_valid_and_has_its_time_though_nobody_said_so(v3: Any) -> None:
    v3.post("traces", **head("tr-1"))
    made = v3.post("traces/tr-1/assessments", assessment={"feedback": {"value": 1}, "bogus": [1]})["assessment"]
    assert made["valid"] is True  # what is not said is no to MLflow's client
    assert made["create_time"] == made["last_update_time"]
    assert made["create_time"].endswith("Z")
    assert "bogus" not in made
    again = {"feedback": {"value": 1}, "valid": False, "create_time": "2026-01-31T12:00:00Z"}
    kept = v3.post("traces/tr-1/assessments", assessment=again)["assessment"]
    assert (kept["valid"], kept["create_time"], kept["last_update_time"]) == (False, *["2026-01-31T12:00:00Z"] * 2)


def test_a_time_that_is_none_deletes_no_traces(mlflow: Any, v3: Any) -> None:
    v3.post("traces", **head("tr-1"))
    v3.refused("POST", "traces/delete-traces", json={"experiment_id": "0", "max_timestamp_millis": 10**20})
    assert v3.get("traces/tr-1")


def test_search(mlflow: Any, v3: Any) -> None:
    made = mlflow.experiment("traced")
    for second in range(5):
        state = "ERROR" if second == 3 else "OK"
        v3.post("traces", **head(f"tr-{second}", made, second, state=state))
    place = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": made}}]

    def ids(**query: Any) -> list[str]:
        return [one["trace_id"] for one in v3.post("traces/search", locations=place, **query)["traces"]]

    assert ids() == [f"tr-{second}" for second in (4, 3, 2, 1, 0)]
    assert ids(filter="status = 'ERROR'") == ids(filter="trace.status != 'OK'") == ["tr-3"]
    assert ids(filter="name = 'name 2' AND metadata.`mlflow.sourceRun` = 'r1'") == ["tr-2"]
    assert ids(filter="tags.`mlflow.traceName` LIKE 'name%' AND run_id = 'r1'", order_by=["timestamp_ms ASC"])[0] == "tr-0"
    first = v3.post("traces/search", locations=place, max_results=3)
    second = v3.post("traces/search", locations=place, max_results=3, page_token=first["next_page_token"])
    assert [one["trace_id"] for one in second["traces"]] == ["tr-1", "tr-0"]
    v3.refused("POST", "traces/search", json={"locations": place, "max_results": 501})
    v3.refused("POST", "traces/search", json={"locations": place, "filter": "size > 3"})


def test_judges_that_disagree_are_found_by_what_each_said(mlflow: Any, v3: Any) -> None:
    made = mlflow.experiment("judged")
    v3.post("traces", **head("tr-1", made))
    said: dict[str, str] = {}
    for value in ("good", "bad", "good"):
        feedback = {"assessment_name": "tone", "feedback": {"value": value}}
        said[value] = v3.post("traces/tr-1/assessments", assessment=feedback)["assessment"]["assessment_id"]
    place = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": made}}]

    def count(filter: str) -> int:
        return len(v3.post("traces/search", locations=place, filter=filter)["traces"])

    assert [count(f"feedback.tone = '{one}'") for one in ("good", "bad", "ugly")] == [1, 1, 0]
    assert count("feedback.tone IN ('bad', 'ugly')") == count("feedback.tone = 'bad' AND feedback.tone = 'good'") == 1
    assert count("feedback.tone LIKE 'b%'") == 0  # of other comparisons the last one counts
    v3.answer("DELETE", f"traces/tr-1/assessments/{said['bad']}")
    assert count("feedback.tone = 'bad'") == 0


def test_delete_by_id_and_by_age(mlflow: Any, v3: Any) -> None:
    for second in range(5):
        v3.post("traces", **head(f"tr-{second}", second=second))
    assert mlflow.post("traces/delete-traces", experiment_id="0", request_ids=["tr-4", "nobody"]) == {"traces_deleted": 1}
    until = 1769860802123  # the third
    assert mlflow.post("traces/delete-traces", experiment_id="0", max_timestamp_millis=until, max_traces=2) == {
        "traces_deleted": 2
    }
    assert mlflow.post("traces/delete-traces", experiment_id="0", max_timestamp_millis=until) == {"traces_deleted": 1}
    v3.get("traces/tr-3")
    mlflow.refused("POST", "traces/delete-traces", json={"experiment_id": "0"})
    many = {"experiment_id": "0", "request_ids": [f"tr-{number}" for number in range(10_001)]}
    assert "10000" in mlflow.refused("POST", "traces/delete-traces", json=many)
