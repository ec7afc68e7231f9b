"""The one table of endpoints: dispatch, validation, the OpenAPI document and the docs all follow from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from runstone.query.verdict import Comparison
from runstone.wire_store import MEDIA_TYPE

from . import accounts_schema as acc
from . import bulk_schema as bk
from . import charts_schema as ch
from . import compare_schema as cmp
from . import models_schema as reg
from . import preview_schema as pre
from . import reviews_schema as rv
from . import schema as s
from . import search_schema as fs
from . import table_schema as ts
from . import traces_schema as tr
from . import views_schema as vs
from . import webhooks_schema as wh
from .routes import (
    about,
    accounts,
    artifacts,
    bulk,
    charts,
    compare,
    equal,
    experiments,
    export,
    grouped,
    model_versions,
    models,
    remote,
    reviews,
    runs,
    search,
    table_files,
    tables,
    traces,
    trash,
    views,
    webhooks,
)  # fmt: skip

#: Where our own routes live; the UI and other clients put this before every path below.
ROOT = "/api/runstone/v1"

Method = Literal["GET", "POST", "PATCH", "DELETE"]


class Endpoint(Struct, frozen=True):
    """One row. ``handler(backend, **path parts[, query=][, body=])`` runs in a worker thread and returns an ``answer``.

    A ``stream`` handler instead is a coroutine function of the same arguments and the request, and answers by itself;
    its ``media`` says with what, and ``raw`` what kind of body it reads. ``permission`` is what a caller must hold once the
    server knows callers apart.
    """

    method: Method
    path: str
    answer: type[Struct]
    handler: Callable[..., Any]
    permission: Literal["none", "read", "write", "admin"] = "read"
    query: type[Struct] | None = None
    body: type[Struct] | None = None
    media: str = "application/json"
    raw: str = ""

    @property
    def stream(self) -> bool:
        return self.media != "application/json"

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the variable parts of the path."""
        return tuple(re.findall(r"{(\w+)", self.path))

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").strip().split("\n")[0]


# fmt: off
TABLE: tuple[Endpoint, ...] = (
    Endpoint("GET", "/health", s.Health, about.health, "none"),
    Endpoint("GET", "/info", s.Info, about.info),
    Endpoint("GET", "/experiments", s.Experiments, experiments.list_experiments, query=s.ExperimentsQuery),
    Endpoint("POST", "/experiments", s.ExperimentRow, experiments.create_experiment, "write", body=s.NewExperiment),
    Endpoint("POST", "/experiments/recent", s.RecentAnswer, experiments.recent_values, body=s.RecentRequest),
    Endpoint("GET", "/experiments/{experiment_id}", s.ExperimentRow, experiments.get_experiment),
    Endpoint("PATCH", "/experiments/{experiment_id}", s.ExperimentRow, experiments.edit_experiment, "write",
             body=s.ExperimentEdit),
    Endpoint("GET", "/views", vs.SavedViews, views.list_views, query=vs.ViewsQuery),
    Endpoint("POST", "/views", vs.SavedView, views.create_view, "write", body=vs.NewView),
    Endpoint("GET", "/views/{key}", vs.SavedView, views.get_view),
    Endpoint("PATCH", "/views/{key}", vs.SavedView, views.edit_view, "write", body=vs.ViewEdit),
    Endpoint("DELETE", "/views/{key}", vs.ViewGone, views.delete_view, "write"),
    Endpoint("GET", "/trash", bk.Trash, trash.list_trash, query=bk.TrashQuery),
    Endpoint("POST", "/trash/remove", bk.TrashRemoved, trash.remove_for_ever, "admin", body=bk.TrashRemoval),
    Endpoint("POST", "/runs/table", s.RunsTable, tables.runs_table, body=s.RunsTableRequest),
    Endpoint("POST", "/runs/groups", ts.GroupsAnswer, grouped.groups, body=ts.GroupsRequest),
    Endpoint("POST", "/runs/equal", ts.EqualAnswer, equal.equal_params, body=ts.EqualRequest),
    Endpoint("POST", "/runs/values", ts.ValuesAnswer, grouped.values, body=ts.ValuesRequest),
    Endpoint("POST", "/runs/file", ts.TableFile, table_files.table_file, body=ts.TableFileRequest, media="*/*"),
    Endpoint("POST", "/runs/edit", bk.RunsEdited, bulk.edit_runs, "write", body=bk.RunsEdit),
    Endpoint("GET", "/keys", s.Keys, tables.list_keys, query=s.KeysQuery),
    Endpoint("POST", "/runs/series", s.SeriesAnswer, tables.series, body=s.SeriesRequest),
    Endpoint("POST", "/runs/bands", ch.BandsAnswer, charts.bands, body=ch.BandsRequest),
    Endpoint("POST", "/runs/importance", ch.ImportanceAnswer, charts.importance, body=ch.ImportanceRequest),
    Endpoint("POST", "/compare", Comparison, compare.compare, body=s.CompareRequest),
    Endpoint("POST", "/compare/runs", cmp.ComparedRuns, compare.compare_table, body=cmp.CompareRunsRequest),
    Endpoint("GET", "/runs/{run_id}", s.RunDetail, runs.get_run),
    Endpoint("PATCH", "/runs/{run_id}", s.RunDetail, runs.edit_run, "write", body=s.RunEdit),
    Endpoint("GET", "/runs/{run_id}/metrics", s.Metrics, runs.metrics, query=s.MetricsQuery),
    Endpoint("GET", "/runs/{run_id}/console", s.ConsoleAnswer, runs.console, query=s.ConsoleQuery),
    Endpoint("GET", "/runs/{run_id}/documents/{name:path}", s.DocumentAnswer, runs.document),
    Endpoint("GET", "/runs/{run_id}/difference", cmp.RunDifference, compare.what_changed, query=cmp.DifferenceQuery),
    Endpoint("GET", "/runs/{run_id}/artifacts", s.Artifacts, artifacts.list_artifacts, query=s.ArtifactsQuery),
    Endpoint("POST", "/artifacts/folders", s.FolderTaken, artifacts.take_folder, "write", body=s.FolderWanted),
    Endpoint("GET", "/runs/{run_id}/artifacts/file", s.ArtifactBytes, artifacts.send_file,
             query=s.ArtifactFileQuery, media="*/*"),
    Endpoint("GET", "/runs/{run_id}/models", reg.RunModels, model_versions.run_models),
    Endpoint("GET", "/models", reg.Models, models.list_models, query=reg.ModelsQuery),
    Endpoint("POST", "/models", reg.ModelDetail, models.create_model, "write", body=reg.NewModel),
    Endpoint("GET", "/models/{name}", reg.ModelDetail, models.get_model),
    Endpoint("GET", "/models/{name}/history", reg.ModelHistory, models.model_history, query=reg.HistoryQuery),
    Endpoint("PATCH", "/models/{name}", reg.ModelDetail, models.edit_model, "write", body=reg.ModelEdit),
    Endpoint("DELETE", "/models/{name}", reg.ModelDone, models.delete_model, "write"),
    Endpoint("POST", "/models/{name}/versions", reg.VersionDetail, model_versions.create_version, "write",
             body=reg.NewVersion),
    Endpoint("GET", "/models/{name}/versions/{version}", reg.VersionDetail, model_versions.get_version),
    Endpoint("PATCH", "/models/{name}/versions/{version}", reg.VersionDetail, model_versions.edit_version, "write",
             body=reg.VersionEdit),
    Endpoint("DELETE", "/models/{name}/versions/{version}", reg.ModelDone, model_versions.delete_version, "write"),
    Endpoint("GET", "/models/{name}/requests", rv.Requests, reviews.list_requests, query=rv.RequestsQuery),
    Endpoint("PATCH", "/models/{name}/requests/{request_id}", rv.RequestRow, reviews.decide_request, "write",
             body=rv.RequestDecision),
    Endpoint("POST", "/models/{name}/versions/{version}/requests", rv.RequestRow, reviews.create_request, "write",
             body=rv.NewRequest),
    Endpoint("GET", "/models/{name}/versions/{version}/comments", rv.Comments, reviews.list_comments),
    Endpoint("POST", "/models/{name}/versions/{version}/comments", rv.Comments, reviews.create_comment, "write",
             body=rv.CommentText),
    Endpoint("PATCH", "/models/{name}/versions/{version}/comments/{comment_id}", rv.Comments, reviews.edit_comment, "write",
             body=rv.CommentText),
    Endpoint("DELETE", "/models/{name}/versions/{version}/comments/{comment_id}", reg.ModelDone, reviews.delete_comment,
             "write"),
    Endpoint("GET", "/traces", tr.Traces, traces.list_traces, query=tr.TracesQuery),
    Endpoint("GET", "/traces/{trace_id}", tr.TraceDetail, traces.get_trace),
    Endpoint("GET", "/traces/{trace_id}/spans/{span_id}", tr.SpanDetail, traces.get_span),
    Endpoint("GET", "/export", s.ExportedPage, export.export, query=s.ExportQuery, media="text/html"),
    Endpoint("GET", "/search", fs.Found, search.find, query=fs.FindQuery),
    Endpoint("GET", "/runs/{run_id}/artifacts/preview", pre.FilePreview, artifacts.preview, query=pre.PreviewQuery),
    Endpoint("POST", "/ingest", s.Message, remote.ingest, "write", media=MEDIA_TYPE, raw=MEDIA_TYPE),
    Endpoint("POST", "/store/{question}", s.Message, remote.ask, media=MEDIA_TYPE, raw=MEDIA_TYPE),
    Endpoint("GET", "/session", acc.SessionInfo, accounts.session, "none"),
    Endpoint("POST", "/session", acc.SessionInfo, accounts.sign_in, "none", body=acc.SignIn),
    Endpoint("DELETE", "/session", acc.SignedOut, accounts.sign_out, "none"),
    Endpoint("GET", "/tokens", acc.Tokens, accounts.list_tokens),
    Endpoint("POST", "/tokens", acc.TokenRow, accounts.create_token, "write", body=acc.NewToken),
    Endpoint("DELETE", "/tokens/{token_id}", acc.Done, accounts.delete_token, "write"),
    Endpoint("GET", "/users", acc.Accounts, accounts.list_users, "admin"),
    Endpoint("POST", "/users", acc.AccountRow, accounts.create_account, "admin", body=acc.NewAccount),
    Endpoint("PATCH", "/users/{username}", acc.AccountRow, accounts.edit_account, "write", body=acc.AccountEdit),
    Endpoint("DELETE", "/users/{username}", acc.Done, accounts.delete_account, "admin"),
    Endpoint("GET", "/groups", acc.Groups, accounts.list_groups, "admin"),
    Endpoint("POST", "/groups", acc.GroupRow, accounts.create_group, "admin", body=acc.NewGroup),
    Endpoint("PATCH", "/groups/{group_id}", acc.GroupRow, accounts.edit_group, "admin", body=acc.GroupEdit),
    Endpoint("DELETE", "/groups/{group_id}", acc.Done, accounts.delete_group, "admin"),
    Endpoint("GET", "/grants", acc.Grants, accounts.list_grants, query=acc.GrantsQuery),
    Endpoint("POST", "/grants", acc.Grants, accounts.create_grant, "write", body=acc.NewGrant),
    Endpoint("DELETE", "/grants/{grant_id}", acc.Done, accounts.delete_grant, "write"),
    Endpoint("GET", "/webhooks", wh.Webhooks, webhooks.list_webhooks, "admin"),
    Endpoint("POST", "/webhooks", wh.WebhookRow, webhooks.create_webhook, "admin", body=wh.NewWebhook),
    Endpoint("PATCH", "/webhooks/{webhook_id}", wh.WebhookRow, webhooks.edit_webhook, "admin", body=wh.WebhookEdit),
    Endpoint("DELETE", "/webhooks/{webhook_id}", wh.WebhookGone, webhooks.delete_webhook, "admin"),
    Endpoint("POST", "/webhooks/{webhook_id}/test", wh.WebhookTested, webhooks.test_webhook, "admin"),
    Endpoint("GET", "/webhooks/{webhook_id}/deliveries", wh.Deliveries, webhooks.list_deliveries, "admin",
             query=wh.DeliveriesQuery),
    Endpoint("GET", "/events", s.ChangesEvent, about.events, query=s.EventsQuery, media="text/event-stream"),
)
# fmt: on

_RAW = tuple(ROOT + row.path.partition("{")[0] for row in TABLE if row.raw)


def reads_itself(path: str) -> bool:
    """Whether the endpoint at this path reads, and limits, its request's body itself."""
    return path.startswith(_RAW)


#: What answers plain text at the server's root, to anybody, and says nothing of any run.
PLAIN = {
    "/health": "``OK`` while the process answers.",
    "/ready": "``OK`` while its store answers, too.",
    "/version": "The version of MLflow whose wire is spoken to tracers.",
}
