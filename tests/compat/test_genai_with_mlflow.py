"""What MLflow's tools for evaluating traces keep on the server, through the real client: on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def genai_peer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, peer: Any, server: Any
) -> Iterator[Any]:
    """One client process for both: to import what these tests need takes seconds."""
    if request.param == "sqlite":
        yield peer
        return
    files = str(tmp_path_factory.mktemp("files"))
    other = type(server)(request.getfixturevalue("postgres").new_store(), "--artifacts-destination", files)
    try:
        peer.run(f"mlflow.set_tracking_uri({other.url!r})")
        yield peer
        peer.run(f"mlflow.set_tracking_uri({server.url!r})")
    finally:
        other.close()


def test_evaluation_datasets(genai_peer: Any) -> None:
    found = genai_peer.run(
        """
        from mlflow.genai import datasets
        mine = mlflow.set_experiment("asked").experiment_id
        other = mlflow.create_experiment("asked too")
        made = datasets.create_dataset(name="faq", experiment_id=mine, tags={"stage": "new"})
        made.merge_records([
            {"inputs": {"q": "what"}, "expectations": {"answer": "a"}, "tags": {"who": "ada"}},
            {"inputs": {"q": "why"}, "outputs": "because", "source": {"source_type": "human", "source_data": {"x": 1}}},
        ])
        made.merge_records([{"inputs": {"q": "what"}, "expectations": {"length": 3}}])
        read = datasets.get_dataset(dataset_id=made.dataset_id)
        rows = [[one.inputs, one.expectations, one.outputs, one.source_type] for one in read._mlflow_dataset.records]
        datasets.set_dataset_tags(dataset_id=made.dataset_id, tags={"stage": "old", "n": "1"})
        datasets.delete_dataset_tag(dataset_id=made.dataset_id, key="n")
        datasets.add_dataset_to_experiments(dataset_id=made.dataset_id, experiment_ids=[other])
        both = client.get_dataset(made.dataset_id).experiment_ids
        datasets.remove_dataset_from_experiments(dataset_id=made.dataset_id, experiment_ids=[mine])
        datasets.create_dataset(name="empty", experiment_id=other)
        def names(text="", **more):
            return [one.name for one in datasets.search_datasets(filter_string=text, **more)]
        searches = [
            names("name = 'faq'", experiment_ids=[other]), names("tags.stage = 'old'"), names("name LIKE 'em%'"),
            names(experiment_ids=[other], order_by=["name DESC"]), names(experiment_ids=[mine]),
        ]
        gone = made.delete_records([read._mlflow_dataset.records[0].dataset_record_id])
        left = datasets.get_dataset(dataset_id=made.dataset_id)
        found = [rows, both == [mine, other], searches, gone, len(left._mlflow_dataset.records), left.profile, left.schema]
        datasets.delete_dataset(dataset_id=made.dataset_id)
        try:
            datasets.get_dataset(dataset_id=made.dataset_id)
        except mlflow.exceptions.MlflowException as error:
            found.append(error.error_code)
        """
    )
    rows, both, searches, gone, left, profile, schema, missing = found
    assert rows == [[{"q": "what"}, {"answer": "a", "length": 3}, None, "HUMAN"], [{"q": "why"}, None, "because", "HUMAN"]]
    assert both
    assert searches == [["faq"], ["faq"], ["empty"], ["faq", "empty"], []]
    assert (gone, left, profile) == (1, 1, '{"num_records": 1}')
    assert '"answer": "string"' in schema
    assert missing == "RESOURCE_DOES_NOT_EXIST"


def test_scorers(genai_peer: Any) -> None:
    found = genai_peer.run(
        """
        import json
        from mlflow.tracking._tracking_service.utils import _get_store
        store, mine = _get_store(), mlflow.set_experiment("scored").experiment_id
        def told(one):
            return [one.scorer_name, one.scorer_version, json.loads(one._serialized_scorer)["say"]]
        def code(call, *given, **named):
            try:
                call(*given, **named)
            except mlflow.exceptions.MlflowException as error:
                return error.error_code
        ids = {store.register_scorer(mine, "tone", json.dumps({"say": text})).scorer_id for text in ("kind", "brief")}
        found = [
            len(ids), [told(one) for one in store.list_scorers(mine)], told(store.get_scorer(mine, "tone")),
            told(store.get_scorer(mine, "tone", 1)), [one.scorer_version for one in store.list_scorer_versions(mine, "tone")],
            code(store.register_scorer, mine, "tone", "no JSON"), store.get_online_scoring_configs(list(ids)),
        ]
        store.delete_scorer(mine, "tone", 1)
        found.append([one.scorer_version for one in store.list_scorer_versions(mine, "tone")])
        store.delete_scorer(mine, "tone")
        found += [store.list_scorers(mine), code(store.get_scorer, mine, "tone")]
        """
    )
    brief = ["tone", 2, "brief"]
    assert found[:4] == [1, [brief], brief, ["tone", 1, "kind"]]
    assert found[4:] == [[1, 2], "INVALID_PARAMETER_VALUE", [], [2], [], "RESOURCE_DOES_NOT_EXIST"]


def test_issues_questions_and_queues(genai_peer: Any) -> None:
    found = genai_peer.run(
        """
        from mlflow.genai.label_schemas import InputCategorical, InputPassFail
        from mlflow.entities.issue import IssueSeverity, IssueStatus
        from mlflow.tracking._tracking_service.utils import _get_store
        store, mine = _get_store(), mlflow.set_experiment("judged").experiment_id
        def code(call, *given, **named):
            try:
                call(*given, **named)
            except mlflow.exceptions.MlflowException as error:
                return error.error_code
        with mlflow.start_span("asked") as span:
            pass
        mlflow.flush_trace_async_logging()
        trace = span.trace_id

        slow = store.create_issue(mine, "slow", "takes long", severity=IssueSeverity.LOW, root_causes=["n+1"])
        store.create_issue(mine, "wrong", "lies", severity=IssueSeverity.HIGH, categories=["truth"])
        store.update_issue(slow.issue_id, status=IssueStatus.RESOLVED, name="was slow")
        issues = [
            [one.name for one in store.search_issues(mine)],
            [[one.name, one.root_causes, one.trace_count] for one in
                store.search_issues(mine, "status = 'resolved'", include_trace_count=True)],
            store.get_issue(slow.issue_id).status, code(store.get_issue, "iss-none"),
        ]
        mlflow.log_issue(trace_id=trace, issue_id=slow.issue_id, issue_name="was slow")
        issues += [
            [one.info.trace_id == trace
                for one in client.search_traces(locations=[mine], filter_string=f"issue.id = '{asked}'")]
            for asked in (slow.issue_id, "iss-none")
        ]
        issues.append([one.trace_count for one in store.search_issues(mine, "status = 'resolved'", include_trace_count=True)])

        tone = store.create_label_schema(mine, name="tone", type="feedback", instruction="How?",
            input=InputCategorical(options=["kind", "rude"]))
        store.create_label_schema(mine, name="right", type="expectation",
            input=InputPassFail(positive_label="yes", negative_label="no"))
        store.update_label_schema(tone.schema_id, name="mood", input=InputCategorical(options=["good", "bad"]))
        questions = [
            [[one.name, str(one.type), one.is_default] for one in store.list_label_schemas(mine)],
            store.get_label_schema_by_name(mine, "mood").input.options, store.get_label_schema(tone.schema_id).instruction,
            code(store.create_label_schema, mine, name="mood", type="feedback", input=InputCategorical(options=["a"])),
        ]

        queue = store.create_review_queue(mine, name="Mine", queue_type="custom", users=["Ada"], schema_ids=[tone.schema_id])
        own = store.get_or_create_user_queue(mine, user="Bob")
        store.add_items_to_review_queue(queue.queue_id, item_ids=[trace, trace])
        store.set_review_queue_item_status(queue.queue_id, item_id=trace, status="complete", completed_by="ada")
        store.add_items_to_review_queue(queue.queue_id, item_ids=[trace])
        (item,) = store.list_review_queue_items(queue.queue_id, status="complete")
        queues = [
            store.get_or_create_user_queue(mine, user="bob").queue_id == own.queue_id,
            [one.name for one in store.list_review_queues(mine)],
            [one.name for one in store.list_review_queues(mine, user="ada")],
            [one.name for one in store.list_review_queues(mine, item_id=trace)], item.completed_by,
            store.get_review_queue_by_name(mine, name="mine").users,
            code(store.update_review_queue, queue.queue_id, schema_ids=[]),
            store.update_review_queue(queue.queue_id, name="Ours", users=["ada", "bob"]).users,
            code(store.create_review_queue, mine, name="ours", queue_type="custom"),
        ]
        store.remove_items_from_review_queue(queue.queue_id, item_ids=[trace])
        store.delete_review_queue(queue.queue_id)
        store.delete_label_schema(tone.schema_id)
        left = [len(store.list_review_queues(mine)), len(store.list_label_schemas(mine))]
        found = [issues, questions, queues, left]
        """
    )
    issues, questions, queues, left = found
    assert issues == [
        ["wrong", "was slow"], [["was slow", ["n+1"], 0]], "resolved", "RESOURCE_DOES_NOT_EXIST", [True], [], [1],
    ]  # fmt: skip
    assert sorted(questions[0]) == [
        ["Feedback", "feedback", True],
        ["mood", "feedback", False],
        ["right", "expectation", False],
    ]
    assert questions[1:] == [["good", "bad"], "How?", "RESOURCE_ALREADY_EXISTS"]
    assert queues == [
        True, ["bob", "Mine"], ["Mine"], ["Mine"], "ada", ["ada"], "INVALID_PARAMETER_VALUE", ["ada", "bob"],
        "RESOURCE_ALREADY_EXISTS",
    ]  # fmt: skip
    assert left == [1, 2]
