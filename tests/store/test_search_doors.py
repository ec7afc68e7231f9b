"""Searching through the store's public methods: pages while runs are added, keys, experiments, bad questions."""

from __future__ import annotations

import pytest

from runstone.connect import open_store
from runstone.contracts import Batch, ExperimentQuery, RunQuery
from runstone.entities import ViewType
from runstone.errors import FilterError, InvalidValue
from runstone.records import ExperimentChanged, ExperimentCreated, Params, RunChanged, RunStarted, Tags
from runstone.testing.store_suite import metrics


@pytest.fixture
def store(new_store):
    opened = open_store(new_store())
    opened.write(Batch([ExperimentCreated("work", "1", time=10)]))
    yield opened
    opened.close()


def start(store, number: int, time: int, experiment: str = "1", **more):
    run_id = f"{number:032x}"
    store.write(Batch([RunStarted(run_id, experiment, time, f"run {number}"), *(record(run_id) for record in more.values())]))
    return run_id


def ids(runs) -> list[int]:
    return [int(run.info.run_id, 16) for run in runs]


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_page_goes_on_where_the_last_one_ended_though_runs_were_added_before_and_behind(store):
    for number in range(10):
        start(store, number, 100 + number)
    first = store.search_runs(RunQuery(experiment_ids=("1",), limit=4))
    assert ids(first) == [9, 8, 7, 6]
    start(store, 20, 200)  # newer than all
    start(store, 21, 104)  # as old as run 4, behind it by id
    store.write(Batch([RunChanged(f"{6:032x}", 0, deleted=True)]))  # the very run the token points at
    second = store.search_runs(RunQuery(experiment_ids=("1",), limit=4, page_token=first.token))
    third = store.search_runs(RunQuery(experiment_ids=("1",), limit=4, page_token=second.token))
    assert ids(second) == [5, 4, 21, 3]
    assert ids(third) == [2, 1, 0]
    assert third.token is None


def test_pages_by_a_metric_that_many_runs_lack(store):
    for number in range(9):
        value = {"loss": [(0, float("nan") if number == 4 else float(number % 3), 0)]}
        start(store, number, number, points=lambda run_id, value=value: metrics(run_id, **value)) if number % 2 == 0 else start(
            store, number, number
        )
    seen, token = [], None
    while True:
        page = store.search_runs(RunQuery(experiment_ids=("1",), order_by=("metrics.loss DESC",), limit=2, page_token=token))
        seen += ids(page)
        token = page.token
        if token is None:
            break
    # values 2, 2, 0, 0; then the NaN of run 4; then the runs without: newest first within each
    assert seen == [8, 2, 6, 0, 4, 7, 5, 3, 1]


def test_the_last_full_page_has_no_token(store):
    for number in range(4):
        start(store, number, number)
    assert store.search_runs(RunQuery(experiment_ids=("1",), limit=4)).token is None
    assert store.search_runs(RunQuery(experiment_ids=("1",), limit=0)) == []


@pytest.mark.parametrize(
    "change", [{"filter": "params.a = 'x'"}, {"order_by": ("run_id",)}, {"experiment_ids": ("0",)}, {"view": ViewType.ALL}]
)
def test_a_token_fits_only_its_own_search(store, change):
    for number in range(3):
        start(store, number, number)
    token = store.search_runs(RunQuery(experiment_ids=("1",), limit=1)).token
    with pytest.raises(InvalidValue, match="another search"):
        store.search_runs(RunQuery(**{"experiment_ids": ("1",), "limit": 1, "page_token": token, **change}))


# --- bad questions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["search_runs", "count_runs", "table"])
@pytest.mark.parametrize(
    "query",
    [
        {"limit": -1},
        {"limit": 50_001},
        {"offset": -1},
        {"view": 9},
        {"page_token": "nonsense"},
        {"filter": "metrics.a >"},
        {"order_by": ("metrics.a SIDEWAYS",)},
    ],
)
def test_a_bad_question_is_the_callers_mistake(store, what, query):
    with pytest.raises(InvalidValue):
        getattr(store, what)(RunQuery(experiment_ids=("1",), **query))


def test_a_column_that_cannot_be_read_is_pointed_at(store):
    with pytest.raises(FilterError):
        store.table(RunQuery(experiment_ids=("1",)), ["metrics.a", "foo.bar"])
    with pytest.raises(InvalidValue, match="offset"):
        store.table(RunQuery(experiment_ids=("1",), page_token="x"))


@pytest.mark.parametrize("experiments", [(), ("77",), ("abc",), ("9" * 40,), ("²",)])
def test_experiments_that_are_not_there_have_no_runs(store, experiments):
    start(store, 1, 1)
    query = RunQuery(experiment_ids=experiments, filter="metrics.a is null")
    assert store.search_runs(query) == []
    assert store.count_runs(query) == 0
    assert store.table(query, ["metrics.a"]).total == 0


def test_text_that_looks_like_sql_is_only_text(store):
    nasty = "x' OR 1=1 --"
    start(store, 1, 1, params=lambda run_id: Params(run_id, {nasty: nasty, "b": "\x00"}))
    start(store, 2, 2)
    quoted = nasty.replace("'", "''")
    assert ids(store.search_runs(RunQuery(experiment_ids=("1",), filter=f"params.`{nasty}` = '{quoted}'"))) == [1]
    assert ids(store.search_runs(RunQuery(experiment_ids=("1",), order_by=(f"params.`{nasty}`",)))) == [1, 2]
    assert store.search_runs(RunQuery(experiment_ids=("1",), filter="params.b is not null"))[0].data.params["b"] == "\x00"


# --- what follows the runs --------------------------------------------------------------------------------------------


def test_search_follows_runs_that_are_deleted_restored_and_moved(store):
    store.write(Batch([ExperimentCreated("other", "2")]))
    run_id = start(
        store, 1, 1, params=lambda run: Params(run, {"lr": "0.1"}), points=lambda run: metrics(run, loss=[(0, 1.0, 0)])
    )
    found = lambda **query: ids(store.search_runs(RunQuery(filter="params.lr = '0.1' and metrics.loss < 2", **query)))  # noqa: E731
    assert found(experiment_ids=("1",)) == [1]
    store.write(Batch([RunChanged(run_id, 5, deleted=True)]))
    assert found(experiment_ids=("1",)) == []
    assert found(experiment_ids=("1",), view=ViewType.DELETED_ONLY) == [1]
    store.write(Batch([RunChanged(run_id, 5, deleted=False)]))
    store.write(Batch([RunChanged(run_id, 5, experiment_id="2")]))
    assert found(experiment_ids=("1",)) == []
    assert found(experiment_ids=("2",)) == [1]
    store.write(Batch([Tags(run_id, {"stage": "a"}), metrics(run_id, loss=[(1, 5.0, 1)])]))
    assert found(experiment_ids=("2",)) == []
    assert ids(store.search_runs(RunQuery(experiment_ids=("2",), filter="tags.stage = 'a' and min(metrics.loss) < 2"))) == [1]
    store.write(Batch([ExperimentChanged("2", 9, deleted=True)]))
    assert ids(store.search_runs(RunQuery(experiment_ids=("2",), filter="tags.stage = 'a'"))) == []
    assert store.keys("tags", ["2"]) == []


def test_a_short_id_finds_its_run(store):
    for number in (0xA, 0xB):
        start(store, number << 120, number)
    assert list(store.find_runs("0a")) == [f"{0xA << 120:032x}"]
    assert len(store.find_runs("0")) == 2
    assert len(store.find_runs("0", limit=1)) == 1
    assert list(store.find_runs("ff")) == []


# --- keys -------------------------------------------------------------------------------------------------------------


def told(store, kind, *experiments, **more):
    return [(info.key, info.runs, info.distinct) for info in store.keys(kind, experiments or ["1"], **more)]


def test_keys_tell_how_many_runs_use_them_and_whether_they_vary(store):
    long = "x" * 60
    for number in range(3):
        texts = {"seed": str(number), "lr": "0.1", "long": long + str(number), "same": long}
        series = {"loss": [(0, float(number), 0)]} if number else {"acc": [(0, float("nan"), 0)]}
        run_id = start(store, number, number)
        store.write(Batch([Params(run_id, texts), metrics(run_id, **series)]))
    assert told(store, "params") == [("long", 3, 2), ("lr", 3, 1), ("same", 3, 1), ("seed", 3, 2)]
    assert told(store, "metrics") == [("loss", 2, 2), ("acc", 1, 1)]
    assert told(store, "params", contains="L") == [("long", 3, 2), ("lr", 3, 1)]
    assert told(store, "params", limit=1) == [("long", 3, 2)]
    assert told(store, "params", "2") == []
    with pytest.raises(InvalidValue, match="kind"):
        store.keys("attributes", ["1"])


def test_counts_of_keys_follow_what_happens_to_runs(store):
    store.write(Batch([ExperimentCreated("other", "2")]))
    runs = [start(store, number, number, params=lambda run: Params(run, {"lr": "1"})) for number in range(3)]
    store.write(Batch([Params(runs[0], {"lr": "1", "new": "x"}), Tags(runs[0], {"t": "1"}), Tags(runs[0], {"t": "2"})]))
    assert told(store, "params") == [("lr", 3, 1), ("new", 1, 1)]
    assert ("t", 1, 1) in told(store, "tags")
    store.write(Batch([Tags(runs[0], {"t": None}), Tags(runs[1], {"t": None})]))
    assert "t" not in [key for key, _, _ in told(store, "tags")]
    store.write(Batch([RunChanged(runs[1], 5, experiment_id="2")]))
    assert told(store, "params", "1") == [("lr", 2, 1), ("new", 1, 1)]
    assert told(store, "params", "2") == [("lr", 1, 1)]
    assert told(store, "params", "1", "2") == [("lr", 3, 1), ("new", 1, 1)]
    store.write(Batch([RunChanged(runs[0], 5, deleted=True)]))
    assert told(store, "params", "1") == [("lr", 1, 1)]
    store.purge([runs[0]])
    assert told(store, "params", "1") == [("lr", 1, 1)]
    store.write(Batch([metrics(runs[2], a=[(0, 1.0, 0)]), metrics(runs[2], a=[(1, 2.0, 0)])]))
    store.write(Batch([metrics(runs[2], a=[(2, 3.0, 0)])]))
    assert told(store, "metrics") == [("a", 1, 1)]


def test_counting_anew_changes_nothing(store):
    from runstone.store import key_counts

    for number in range(3):
        start(
            store, number, number, params=lambda run: Params(run, {"lr": "1"}), points=lambda run: metrics(run, a=[(0, 1.0, 0)])
        )
    store.write(Batch([RunChanged(start(store, 3, 3), 9, deleted=True)]))
    before = {kind: told(store, kind) for kind in ("metrics", "params", "tags")}
    activity = store.activities(["1"])
    assert all(before.values())
    assert (activity["1"].runs, activity["1"].deleted) == (3, 1)
    store._writer.transaction(key_counts.recount)
    assert {kind: told(store, kind) for kind in before} == before
    assert store.activities(["1"]) == activity


# --- experiments ------------------------------------------------------------------------------------------------------


@pytest.fixture
def several(store):
    for number, name in enumerate(["alpha", "beta", "Beta 2", "gamma"], 2):
        store.write(Batch([ExperimentCreated(name, str(number), time=100 * number, tags={"team": "ab"[number % 2]})]))
    store.write(Batch([ExperimentChanged("5", 900, deleted=True)]))
    store.write(Batch([ExperimentChanged("2", 1000, tags={"late": "yes"})]))
    return store


def named(store, text: str = "", *order_by: str, **more) -> list[str]:
    return [one.name for one in store.search_experiments(ExperimentQuery(filter=text, order_by=order_by, **more))]


def test_experiments_come_newest_first(several):
    names = named(several)
    assert names[0] == "Default"  # made when the store was, which is now
    assert names[1:] == ["Beta 2", "beta", "alpha", "work"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name = 'beta'", {"beta"}),
        ("name LIKE 'b%'", {"beta"}),
        ("name ILIKE 'b%'", {"beta", "Beta 2"}),
        ("attribute.name != 'beta'", {"Default", "work", "alpha", "Beta 2"}),
        ("tags.team = 'a'", {"alpha", "Beta 2"}),
        ("tags.team != 'a'", {"beta"}),
        ("not tags.team = 'a'", {"beta"}),
        ("tags.team is null", {"Default", "work"}),
        ("tags.late = 'yes' or creation_time <= 10", {"alpha", "work"}),
        ("creation_time >= 300 and creation_time < 500", {"beta", "Beta 2"}),
        ("last_update_time = 1000", {"alpha"}),
        ("experiment_id in ('2', '4')", {"alpha", "Beta 2"}),
    ],
)
def test_experiments_are_found_by_filter(several, text, names):
    assert set(named(several, text)) == names


def test_experiments_are_ordered_viewed_and_paged(several):
    assert named(several, "", "name DESC") == ["work", "beta", "alpha", "Default", "Beta 2"]
    assert named(several, "", "tags.team", "name") == ["Beta 2", "alpha", "beta", "Default", "work"]
    assert named(several, view=ViewType.DELETED_ONLY) == ["gamma"]
    assert len(named(several, view=ViewType.ALL)) == 6
    several.write(Batch([ExperimentCreated(f"more {number}", time=5) for number in range(12)]))
    seen, token = [], None
    while True:
        page = several.search_experiments(ExperimentQuery(order_by=("experiment_id",), limit=5, page_token=token))
        seen += [int(one.experiment_id) for one in page]
        token = page.token
        if token is None:
            break
    assert seen == sorted(seen)
    assert len(set(seen)) == len(seen) == 17


@pytest.mark.parametrize(
    "query", [{"filter": "metrics.a > 1"}, {"view": 0}, {"limit": -1}, {"page_token": "x"}, {"order_by": ("x",)}]
)
def test_a_bad_question_about_experiments_is_the_callers_mistake(store, query):
    with pytest.raises(InvalidValue):
        store.search_experiments(ExperimentQuery(**query))
