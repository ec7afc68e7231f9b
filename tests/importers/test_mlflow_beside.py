"""What MLflow keeps beside its traces, read in: as MLflow's own client reads it there and from our server, again and again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from real_mlflow import Mlflow, everything_below

from our_server import OurServer
from runstone import connect
from runstone.cli.main import cli
from runstone.contracts import Batch, WithWebhooks
from runstone.entities.items import ItemQuery
from runstone.records import ItemDeleted, ItemWritten

#: What is carried at first, by kind.
FIRST = {
    "experiment": 3, "run": 1, "trace": 1, "scorer": 3, "issue": 2, "label_schema": 2, "review_queue": 2, "review_item": 1,
    "evaluation_dataset": 2, "dataset_record": 2, "mcp_server": 1, "mcp_version": 2, "webhook": 1,
}  # fmt: skip


class Beside:
    """MLflow's database, our store that it is read into, and a server of ours over that."""

    def __init__(self, mlflow: Mlflow, folder: Path) -> None:
        self.mlflow, self.source, self.store = mlflow, f"sqlite:///{folder / 'mlflow.db'}", str(folder / "store")
        mlflow.call("fill_beside", self.source)
        self.before = everything_below(folder)
        self.first = connect.read_in(self.source, self.store)
        self.after = everything_below(folder, but="store")
        self.server = OurServer(self.store)
        self.url = self.server.url

    def check(self) -> None:
        theirs, ours = self.mlflow.call("tell_beside", self.source), self.mlflow.call("tell_beside", self.url)
        assert ours.keys() == theirs.keys()
        for one, told in theirs.items():
            assert ours[one] == told, one

    def again(self) -> Any:
        return connect.read_in(self.source, self.store)


@pytest.fixture(scope="module")
def beside(new_mlflow: Mlflow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    found = Beside(new_mlflow, tmp_path_factory.mktemp("beside"))
    yield found
    found.server.close()


def test_all_of_it_is_read_again_and_again(beside: Beside) -> None:
    assert (beside.first.carried, beside.first.problems) == (FIRST, [])
    assert beside.first.left_out == {"secrets of the gateway": 1}
    assert beside.after == beside.before, "the source was touched"
    beside.check()
    again = beside.again()
    same = {kind: number for kind, number in FIRST.items() if kind not in ("dataset_record", "mcp_version")}
    assert (again.carried, again.unchanged, again.left_out) == ({}, same, {"secrets of the gateway": 1})
    beside.mlflow.call("change_beside", beside.source)
    third = beside.again()
    assert third.problems == []
    changed = {"scorer": 1, "issue": 2, "label_schema": 1, "review_queue": 1, "evaluation_dataset": 1, "dataset_record": 3}
    changed |= {"mcp_server": 1, "mcp_version": 2}
    assert third.carried == changed
    beside.check()
    shutil.rmtree(Path(beside.store, "imports"))
    assert beside.again().problems == []
    beside.check()


def test_webhooks_come_switched_off_and_without_their_secret(beside: Beside) -> None:
    store = connect.open_store(beside.store)
    assert isinstance(store, WithWebhooks)
    (hook,) = store.webhooks.webhooks()
    assert (hook.name, hook.status, hook.sealed, hook.events) == ("hook", "DISABLED", "", ("model_version.created",))


def test_what_is_changed_or_deleted_here_stays(beside: Beside) -> None:
    store = connect.open_store(beside.store)
    (server,) = store.search_items(ItemQuery(kind="mcp_server"))
    (_, last) = sorted(store.search_items(ItemQuery(kind="mcp_version")), key=lambda one: one.key)
    own = ItemWritten("mcp_server", server.item_id, 1, "change", fields='{"tags": {"ours": "1"}}', merged=["tags"])
    store.write(Batch([own, ItemDeleted("mcp_version", last.item_id, 1)]))
    slow, wrong = sorted(store.search_items(ItemQuery(kind="issue")), key=lambda one: one.created)
    (record, *others) = store.search_items(ItemQuery(kind="dataset_record"))
    changed = ItemWritten("issue", slow.item_id, 1, "change", fields='{"name": "ours", "severity": "high"}')
    store.write(Batch([changed, ItemDeleted("issue", wrong.item_id, 1), ItemDeleted("dataset_record", record.item_id, 1)]))
    beside.mlflow.call("change_again", beside.source)
    assert beside.again().problems == []
    (left,) = store.search_items(ItemQuery(kind="issue"))
    assert '"ours"' in left.body
    assert '"high"' in left.body
    assert "words again" in left.body  # the source's own change of another field
    held = {one.item_id for one in store.search_items(ItemQuery(kind="dataset_record"))}
    assert record.item_id not in held
    assert len(held - {one.item_id for one in others}) == 1  # the source's new one
    assert [one.key for one in store.search_items(ItemQuery(kind="mcp_version"))] == ["1.0.0"]
    tags = json.loads(store.get_item("mcp_server", server.item_id).body)["tags"]
    assert tags == {"ours": "1", "new": "2"}


def test_a_version_that_is_taken_here_is_told_and_stays(beside: Beside, tmp_path: Path) -> None:
    store = connect.open_store(str(tmp_path / "other"))
    store.write(
        Batch([ItemWritten("scorer", f"mine-{n}", 1, "next", "0", "tone", '{"serialized_scorer": "{}"}') for n in "ab"])
    )
    beside.mlflow.call("score_in_default", beside.source)
    report = connect.read_in(beside.source, str(tmp_path / "other"))
    (problem,) = [why for what, why in report.problems if what.startswith("scorer")]
    assert "'tone' is here already" in problem
    assert len(store.search_items(ItemQuery(kind="scorer", parents=("0",)))) == 2


def test_the_command_names_what_is_left_out(beside: Beside, tmp_path: Path) -> None:
    words = ["import", beside.source, "--into", str(tmp_path / "third")]
    rehearsed = CliRunner().invoke(cli, [*words, "--dry-run"])
    found = CliRunner().invoke(cli, words)
    for said in (rehearsed, found):
        assert said.exit_code == 0, said.output
        assert "2 issues" in said.stdout
        assert "1 webhook, switched off" in said.stdout
        assert "Left out: secrets of the gateway (1): nothing here keeps such things" in said.stderr
