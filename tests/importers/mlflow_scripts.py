"""Run by real mlflow (``conftest.Mlflow``): make a source, change it, tell what is in it. ``mlflow`` is there already."""

import json
import math


def clients(uri):
    mlflow.set_tracking_uri(uri)  # noqa: F821
    mlflow.set_registry_uri(uri)  # noqa: F821
    return mlflow.MlflowClient(uri, uri)  # noqa: F821


def fill(uri):
    client = clients(uri)
    place = client.create_experiment("iris ü", tags={"team": "naïve"})
    client.create_experiment("empty")
    gone = client.create_experiment("gone")
    run = client.create_run(gone, run_name="in a deleted experiment")
    client.log_metric(run.info.run_id, "m", 1.5, step=3)
    client.set_terminated(run.info.run_id)
    early = client.create_run(gone, run_name="deleted before")
    client.delete_run(early.info.run_id)
    client.delete_experiment(gone)
    mlflow.set_experiment(experiment_id=place)  # noqa: F821
    with mlflow.start_run(run_name="first", description="why") as first:  # noqa: F821
        mlflow.log_params({"lr": 0.1, "a/b": "x\ny", "empty": "", "ключ": "значение"})  # noqa: F821
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)  # noqa: F821
        for key, value, step in (("nan", math.nan, 0), ("inf", math.inf, 0), ("ninf", -math.inf, 1), ("deep/er", 1e-5, -3)):
            mlflow.log_metric(key, value, step=step)  # noqa: F821
        mlflow.log_metric("nan", 2.0, step=5)  # noqa: F821
        mlflow.log_text("héllo", "notes/a.txt")  # noqa: F821
        mlflow.set_tag("note", "日本語 with\nlines")  # noqa: F821
        mlflow.set_tag("goes", "soon")  # noqa: F821
        dataset(first)
        points = [mlflow.entities.Metric("many", float(i), 1000 + i, i) for i in range(1500)]  # noqa: F821
        for start in (0, 1000):
            client.log_batch(first.info.run_id, points[start : start + 1000])
        with mlflow.start_run(nested=True, run_name="child"):  # noqa: F821
            mlflow.log_metric("x", 1)  # noqa: F821
    model(first)
    trace()
    client.set_terminated(client.create_run(place, run_name="failed").info.run_id, "FAILED")
    client.delete_run(client.create_run(place, run_name="thrown away").info.run_id)
    live = client.create_run(place, run_name="live")
    client.log_metric(live.info.run_id, "loss", 3.0, step=0, timestamp=10)
    client.log_metric(live.info.run_id, "loss", 3.0, step=0, timestamp=10) if uri.startswith("file") else None  # as it is
    client.create_registered_model("reg", {"k": "v"}, "words")
    run_id = first.info.run_id
    client.create_model_version("reg", f"runs:/{run_id}/notes", run_id)
    client.create_model_version("reg", f"{first.info.artifact_uri}/notes", run_id, tags={"q": "w"}, description="second")
    client.create_model_version("reg", f"runs:/{run_id}/notes", run_id)
    client.set_registered_model_alias("reg", "champion", 2)
    client.transition_model_version_stage("reg", "3", "Production")
    client.delete_model_version("reg", "1")
    client.create_registered_model("bare")


def dataset(run):
    import pandas

    given = mlflow.data.from_pandas(pandas.DataFrame({"a": [1.0, 2.0]}), name="rows", source="http://x/rows.csv")  # noqa: F821
    mlflow.log_input(given, context="training")  # noqa: F821


def model(run):
    if not hasattr(mlflow, "initialize_logged_model"):  # noqa: F821
        return
    made = mlflow.initialize_logged_model("net", source_run_id=run.info.run_id, params={"depth": "3"}, tags={"t": "1"})  # noqa: F821
    mlflow.MlflowClient().log_metric(run.info.run_id, "acc", 0.9, step=1, model_id=made.model_id)  # noqa: F821
    mlflow.finalize_logged_model(made.model_id, "READY")  # noqa: F821


def trace():
    if not hasattr(mlflow, "initialize_logged_model"):  # noqa: F821
        return
    with mlflow.start_span("ask") as span:  # noqa: F821
        span.set_inputs({"q": 1})
        span.set_outputs("answer")


def change(uri):
    """What goes on in a source that was read already."""
    client = clients(uri)
    named = {run.info.run_name: run for run in runs_of(client)}
    live, first = named["live"].info.run_id, named["first"].info.run_id
    for step in range(1, 4):
        client.log_metric(live, "loss", 3.0 - step, step=step, timestamp=10 + step)
    client.log_metric(live, "new", 7.0)
    client.log_param(live, "late", "yes")
    client.set_terminated(live, "FINISHED")
    client.set_tag(first, "note", "other words")
    client.set_tag(first, "added", "later")
    client.delete_tag(first, "goes")
    client.delete_run(named["failed"].info.run_id)
    client.restore_run(named["thrown away"].info.run_id)
    client.update_run(named["thrown away"].info.run_id, name="kept")
    place = client.get_experiment_by_name("iris ü").experiment_id
    client.set_experiment_tag(place, "more", "tags")
    client.rename_experiment(place, "iris renamed")
    client.delete_experiment(client.get_experiment_by_name("empty").experiment_id)
    client.set_terminated(client.create_run(place, run_name="newcomer").info.run_id)
    client.create_model_version("reg", f"runs:/{first}/notes", first)
    client.set_registered_model_alias("reg", "champion", 4)
    client.set_registered_model_tag("reg", "k", "changed")
    client.delete_model_version("reg", "2")


def runs_of(client):
    everywhere = [one.experiment_id for one in client.search_experiments(view_type=3)]
    return client.search_runs(everywhere, run_view_type=3, max_results=1000)


def tell(uri):
    """All of it, as mlflow reads it back."""
    client = clients(uri)
    found = {"experiments": {}, "runs": {}, "models": {}, "traces": {}, "registered": {}}
    for one in client.search_experiments(view_type=3):
        stage, times = one.lifecycle_stage, [one.creation_time, one.last_update_time]
        tags = {key: value for key, value in one.tags.items() if not key.startswith("mlflow.experiment")}
        found["experiments"][one.experiment_id] = [one.name, stage, tags, times]
    for run in runs_of(client):
        history = {key: points(client, run.info.run_id, key) for key in run.data.metrics}
        info = {name: getattr(run.info, name) for name in INFO}
        sets = sorted(
            [one.dataset.name, one.dataset.digest, one.dataset.source, one.dataset.schema] for one in run.inputs.dataset_inputs
        )
        files = sorted(one.path for one in client.list_artifacts(run.info.run_id))
        last = {key: str(value) for key, value in run.data.metrics.items()}
        found["runs"][run.info.run_id] = [info, dict(run.data.params), dict(run.data.tags), last, history, sets, files]
    if hasattr(mlflow, "initialize_logged_model"):  # noqa: F821
        logged(client, found)
    for one in client.search_registered_models():
        versions = {
            each.version: [
                each.current_stage,
                each.description or "",
                each.run_id or "",
                dict(each.tags),
                each.status,
                each.creation_timestamp,
                each.last_updated_timestamp,
            ]  # fmt: skip
            for each in client.search_model_versions(f"name = '{one.name}'")
        }
        aliases = {alias: str(version) for alias, version in dict(one.aliases).items()}
        found["registered"][one.name] = [one.description or "", dict(one.tags), aliases, one.creation_timestamp, versions]
    return found


INFO = ("run_name", "experiment_id", "status", "start_time", "end_time", "lifecycle_stage", "user_id", "artifact_uri")


def points(client, run_id, key):
    return sorted([one.step, one.timestamp, str(one.value)] for one in client.get_metric_history(run_id, key))


def logged(client, found):
    everywhere = [one.experiment_id for one in client.search_experiments()]
    for one in client.search_logged_models(everywhere):
        scores = sorted([each.key, each.step, each.value, each.run_id or one.source_run_id] for each in one.metrics or ())
        found["models"][one.model_id] = [
            one.name, str(one.status).split(".")[-1], one.source_run_id, dict(one.params), dict(one.tags), scores,
            one.creation_timestamp, one.last_updated_timestamp,
        ]  # fmt: skip
    for one in client.search_traces(experiment_ids=everywhere):
        info = one.info
        spans = [[span.name, span.inputs, span.outputs] for span in one.data.spans]
        tags = {
            key: value
            for key, value in info.tags.items()
            if key not in ("mlflow.artifactLocation", "mlflow.trace.spansLocation")
        }
        found["traces"][info.trace_id] = [
            info.request_time,
            str(info.state).split(".")[-1],
            dict(info.trace_metadata),
            tags,
            spans,
        ]


def has_driver(uri):
    """Whether mlflow can reach PostgreSQL."""
    import importlib.util

    return importlib.util.find_spec("psycopg2") is not None


def in_folder(function, uri):
    """mlflow's SQLite store keeps artifacts below the working folder: that of the source, here."""
    import os
    import urllib.parse

    before = os.getcwd()
    os.chdir(os.path.dirname(urllib.parse.urlsplit(uri).path.replace("//", "/")))
    try:
        return function(uri)
    finally:
        os.chdir(before)


def fill_there(uri):
    return in_folder(fill, uri)


def change_there(uri):
    return in_folder(change, uri)


def tell_there(uri):
    return in_folder(tell, uri)


def has_sql(uri):
    try:
        import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
    except ImportError:
        return False
    return True


def fill_beside(uri):
    """What MLflow keeps beside traces, and some of what nobody else has a place for."""
    from mlflow.entities.issue import IssueSeverity, IssueStatus
    from mlflow.genai import datasets
    from mlflow.genai.label_schemas import InputCategorical, InputPassFail
    from mlflow.tracking._tracking_service.utils import _get_store

    client = clients(uri)
    store, mine = _get_store(), client.create_experiment("judged")
    gone = client.create_experiment("thrown away")
    mlflow.set_experiment(experiment_id=mine)  # noqa: F821
    trace()
    (asked,) = client.search_traces(locations=[mine])
    run = client.create_run(mine, run_name="linked")
    client.set_terminated(run.info.run_id)
    client.link_traces_to_run([asked.info.trace_id], run.info.run_id)
    faq = datasets.create_dataset(name="faq", experiment_id=[mine, "0"], tags={"stage": "new"})
    faq.merge_records([
        {"inputs": {"q": "what", "n": 1}, "expectations": {"answer": "ä"}, "tags": {"who": "ada"}},
        {"inputs": {"q": "why"}, "outputs": ["because"], "source": {"source_type": "human", "source_data": {"x": 1}}},
    ])  # fmt: skip
    datasets.create_dataset(name="empty", experiment_id=gone)
    for text in ("kind", "brief", "dry", "wry"):
        store.register_scorer(mine, "tone", json.dumps({"say": text}))
    store.delete_scorer(mine, "tone", 2)
    store.delete_scorer(mine, "tone", 3)
    store.register_scorer(gone, "length", json.dumps({"say": 3}))
    slow = store.create_issue(mine, "slow", "takes long", severity=IssueSeverity.LOW, root_causes=["n+1"])
    store.create_issue(mine, "wrong", "lies", categories=["truth"], created_by="ada")
    store.update_issue(slow.issue_id, status=IssueStatus.RESOLVED, name="was slow")
    tone = store.create_label_schema(
        mine, name="tone", type="feedback", instruction="How?", input=InputCategorical(options=["kind", "rude"])
    )
    store.create_label_schema(
        mine, name="right", type="expectation", input=InputPassFail(positive_label="yes", negative_label="no")
    )
    own = [one.schema_id for one in store.list_label_schemas(mine) if one.is_default]
    queue = store.create_review_queue(
        mine, name="Mine", queue_type="custom", users=["Ada", "bob"], schema_ids=[tone.schema_id, *own]
    )
    store.get_or_create_user_queue(mine, user="Bob")
    store.add_items_to_review_queue(queue.queue_id, item_ids=[asked.info.trace_id])
    store.set_review_queue_item_status(queue.queue_id, item_id=asked.info.trace_id, status="complete", completed_by="ada")
    client.create_webhook("hook", "https://8.8.8.8/hook", [version_created()], secret="s")
    weather = {"name": "io.example/weather", "description": "ü", "_meta": {"a": [1]}}
    client.create_mcp_server("io.example/weather", icons=[{"src": "https://8.8.8.8/i.png"}])
    tool = mlflow.entities.MCPTool("look", input_schema={"type": "object"})  # noqa: F821
    for version in ("1.0.0", "1.1.0"):
        client.create_mcp_server_version({**weather, "version": version}, tools=[tool], source="git")
    client.set_mcp_server_alias("io.example/weather", "prod", "1.0.0")
    client.set_mcp_server_tag("io.example/weather", "a/b", "1")
    client.set_mcp_server_version_tag("io.example/weather", "1.1.0", "k", "v")
    client.create_mcp_access_endpoint("io.example/weather", "https://h/x", server_alias="prod")
    store.create_gateway_secret(secret_name="key", secret_value={"api_key": "x"}, provider="openai")
    client.delete_experiment(gone)


def version_created():
    from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent

    return WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)


def change_beside(uri):
    """What goes on there after it was read."""
    from mlflow.genai import datasets
    from mlflow.tracking._tracking_service.utils import _get_store

    client, store = clients(uri), _get_store()
    mine = client.get_experiment_by_name("judged").experiment_id
    (faq,) = datasets.search_datasets(filter_string="name = 'faq'")
    faq.merge_records([{"inputs": {"q": "when"}}, {"inputs": {"q": "why"}, "expectations": {"length": 3}}])
    datasets.set_dataset_tags(dataset_id=faq.dataset_id, tags={"stage": "old", "more": "1"})
    datasets.delete_dataset_tag(dataset_id=faq.dataset_id, key="stage")
    datasets.remove_dataset_from_experiments(dataset_id=faq.dataset_id, experiment_ids=["0"])
    store.register_scorer(mine, "tone", json.dumps({"say": "new"}))
    for one in store.search_issues(mine):
        store.update_issue(one.issue_id, description="in other words")
    for one in store.list_label_schemas(mine):
        if one.name == "right":
            store.update_label_schema(one.schema_id, name="correct")
    for one in store.list_review_queues(mine):
        if one.name == "Mine":
            store.update_review_queue(one.queue_id, name="Ours")
    client.update_mcp_server_version("io.example/weather", "1.1.0", status=mlflow.entities.MCPStatus.ACTIVE)  # noqa: F821
    client.set_mcp_server_alias("io.example/weather", "next", "1.1.0")
    client.delete_mcp_server_tag("io.example/weather", "a/b")


def tell_beside(uri):
    """All of it, as MLflow's client reads it: from MLflow's own database, or from a server."""
    from mlflow.genai import datasets
    from mlflow.tracking._tracking_service.utils import _get_store

    client, store, found = clients(uri), _get_store(), {}
    experiments = {one.experiment_id: one.name for one in client.search_experiments(view_type=3)}

    def plain(one, *left_out):
        told = {name: value for name, value in vars(one).items() if name.lstrip("_") not in left_out}
        return json.loads(json.dumps(told, default=lambda each: getattr(each, "value", None) or str(vars(each))))

    for one in datasets.search_datasets():
        whole = datasets.get_dataset(dataset_id=one.dataset_id)._mlflow_dataset
        told = [[*map(json.dumps, (r.inputs, r.outputs, r.expectations, r.tags)), r.source_type, r.created_time,
                 r.last_update_time, r.dataset_record_id] for r in whole.records]  # fmt: skip
        shared = sorted(experiments[each] for each in whole.experiment_ids)
        found[f"dataset {one.name}"] = [
            whole.dataset_id, whole.tags, json.loads(whole.schema or "null"), whole.profile, whole.created_time, shared,
            sorted(told),
        ]  # fmt: skip
    times = ("creation_timestamp", "last_updated_timestamp", "workspace")
    for one in client.search_mcp_servers():
        held = client.search_mcp_server_versions(one.name, order_by=["created_at"])
        versions = [plain(each, *times) for each in held]
        ends = [plain(each, *times) for each in client.search_mcp_access_endpoints(server_name=one.name)]
        found[f"mcp {one.name}"] = [plain(one, *times, "access_endpoints"), one.creation_timestamp, versions, str(ends)]
    for experiment, name in experiments.items():
        if client.get_experiment(experiment).lifecycle_stage == "deleted":
            continue
        for one in store.list_scorers(experiment):
            versions = store.list_scorer_versions(experiment, one.scorer_name)
            found[f"scorer {name} {one.scorer_name}"] = [
                [v.scorer_version, v._serialized_scorer, v.creation_time] for v in versions
            ]
        found[f"issues {name}"] = [
            plain(one, "trace_count", "last_updated_timestamp") for one in store.search_issues(experiment)
        ]
        found[f"schemas {name}"] = [
            plain(one, "updated_at") for one in store.list_label_schemas(experiment) if not one.is_default
        ]
        for one in store.list_review_queues(experiment):
            told = plain(one, "last_update_time_ms")
            told["schema_ids"] = [each for each in one.schema_ids if store.get_label_schema(each).is_default is False]
            found[f"queue {name} {one.name}"] = [told, [plain(each) for each in store.list_review_queue_items(one.queue_id)]]
        for run in client.search_runs([experiment]):
            linked = client.search_traces(locations=[experiment], run_id=run.info.run_id)
            found[f"linked {name} {run.info.run_name}"] = [each.info.trace_id for each in linked]
    return found


def change_again(uri):
    from mlflow.genai import datasets
    from mlflow.tracking._tracking_service.utils import _get_store

    client, store = clients(uri), _get_store()
    for one in store.search_issues(client.get_experiment_by_name("judged").experiment_id):
        store.update_issue(one.issue_id, description="words again")
    (faq,) = datasets.search_datasets(filter_string="name = 'faq'")
    faq.merge_records([{"inputs": {"q": "who"}}])
    client.set_mcp_server_tag("io.example/weather", "new", "2")
    client.update_mcp_server("io.example/weather", description="says more")


def score_in_default(uri):
    from mlflow.tracking._tracking_service.utils import _get_store

    clients(uri)
    _get_store().register_scorer("0", "tone", "{}")
