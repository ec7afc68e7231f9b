"""What a search costs: how many statements, and that none of them reads through a table that grows."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from runstone.connect import open_store
from runstone.contracts import Batch, RunQuery
from runstone.records import Params
from runstone.store import search_data
from runstone.testing.seed import Size, seed

COLUMNS = ("metrics.m0", "metrics.m1", "metrics.m1:max", "params.p0", "params.p1", "tags.t0", "attributes.duration")
FILTER = "metrics.m3 > 0.5 and params.p2 = 'x'"


class Watched:
    """A store and the SQL it runs."""

    def __init__(self, folder, runs: int) -> None:
        self.store = open_store(folder)
        self.experiment = seed(folder / "runstone.db", Size(runs, 5, 5, 2))
        self.statements: list[tuple[str, tuple]] = []
        event.listen(self.store._engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, parameters, context, executemany) -> None:
        # nor whether something waits in the inbox, which every read asks: two looks at the ends of an index
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SELECT EXISTS (SELECT 1 FROM inbox")):
            self.statements.append((statement, parameters))

    def run(self, what, **query):
        """What it gives, and the statements that took."""
        self.statements.clear()
        given = getattr(self.store, what)(
            RunQuery(experiment_ids=(self.experiment,), **query), *([COLUMNS] if what in ("table", "columns") else [])
        )
        return given, list(self.statements)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A small store and one ten times as large."""
    small, large = (Watched(tmp_path_factory.mktemp("cost"), runs) for runs in (300, 3_000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_data, "RUN_BYTES", -1)  # nothing is kept: each question costs all that it can
        for one in (small, large):  # but whole columns, whichever test asks for them first
            assert len(one.run("columns", limit=10)[1]) <= 20
        yield small, large
    small.store.close()
    large.store.close()


@pytest.mark.parametrize("what", ["search_runs", "table", "columns", "count_runs"])
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"order_by": ("metrics.m1 DESC",)},
        {"order_by": ("params.p1",)},
        {"filter": FILTER, "order_by": ("metrics.m1",)},
        {"filter": "metrics.m3 > 0.1", "order_by": ("metrics.m1",)},
        {"filter": "status = 'FAILED' or params.p2 = 'rare'"},
        {"filter": "not (metrics.m0 > 0.2 and tags.t0 = 'value-1')", "offset": 100},
    ],
)
def test_statements_do_not_grow_with_the_page_nor_with_the_store(stores, what, query):
    counts = []
    for watched in stores:
        for limit in (10, 200):
            counts.append(len(watched.run(what, limit=limit, **query)[1]))
    assert max(counts) <= 20
    assert max(counts[1::2]) <= max(counts[::2]) + 4  # a longer page may look along the index once more
    assert max(counts[2:]) <= max(counts[:2]) + 4


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("search_runs", {}),
        ("search_runs", {"filter": FILTER, "order_by": ("metrics.m1 DESC",)}),
        ("search_runs", {"filter": "metrics.m3 > 0.1", "order_by": ("metrics.m1 DESC",)}),
        ("search_runs", {"filter": "min(metrics.m3) > 0.1", "order_by": ("max(metrics.m1) DESC",)}),
        ("search_runs", {"filter": "run_name = 'run-5'"}),
        ("search_runs", {"filter": "status = 'RUNNING' and tags.t0 = 'value-1'"}),
        ("search_runs", {"order_by": ("tags.t1",)}),
        ("count_runs", {"filter": FILTER}),
        ("count_runs", {"filter": "params.p2 = 'half'"}),
        ("count_runs", {"filter": "status = 'FAILED'"}),
        ("count_runs", {}),
        ("table", {"filter": FILTER, "order_by": ("run_name",), "offset": 20}),
        ("table", {}),
    ],
)
def test_no_statement_reads_through_a_growing_table(stores, what, query):
    watched = stores[1]
    _, statements = watched.run(what, limit=50, **query)
    assert statements
    with watched.store._engine.connect() as connection:
        for statement, parameters in statements:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            inner = {step.split()[1] for step in plan if step.startswith(("CO-ROUTINE", "MATERIALIZE"))}
            scanned = {step.split()[1] for step in plan if step.startswith("SCAN")} - inner
            grown = scanned & {"r", "t", "k", "w", "runs", "series", "params", "tags"}
            assert not grown, (statement, plan)


def test_counting_by_one_condition_reads_an_index_only(stores):
    watched = stores[1]
    for text in (
        "metrics.m1 > 0.5",
        "max(metrics.m1) > 0.5",
        "params.p1 = 'adam'",
        "tags.t0 in ('value-1', 'value-2')",
        "status = 'FAILED'",
    ):
        _, statements = watched.run("count_runs", filter=text)
        ((statement, parameters),) = statements
        with watched.store._engine.connect() as connection:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        assert any("COVERING INDEX" in step for step in plan), (text, plan)


def test_the_runs_of_a_metric_are_found_once_for_all_its_numbers_and_nothing_is_sorted(stores):
    _, large = stores
    large.store.write(Batch([Params(large.run("columns")[0].run_ids[0], {"later": "1"})]))
    large.statements.clear()
    asked = ["metrics.m4", "metrics.m4:min", "metrics.m4:max", "metrics.m4:mean"]
    found = large.store.columns(RunQuery(experiment_ids=(large.experiment,)), asked)
    assert len({(tuple(one.values), one.codes) for one in found.columns}) == 1  # each has one point
    of_metric = [pair for pair in large.statements if "m4" in pair[1]]
    assert len(of_metric) == 5
    assert sum("group_concat" in statement for statement, _ in of_metric) == 1
    with large.store._engine.connect() as connection:
        for statement, parameters in of_metric:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert not any("TEMP B-TREE" in step for step in plan), (statement, plan)


def test_the_newest_runs_of_experiments_are_the_beginning_of_an_index(stores):
    """However many runs there are, and in one statement for a hundred experiments."""
    plans = []
    for watched in stores:
        watched.statements.clear()
        columns = {str(number): "metrics.m1:max" for number in range(100)}
        found = watched.store.recent_values(columns, 20)
        assert ([*found], len(found[watched.experiment]) > 10) == ([watched.experiment], True)
        ((statement, parameters),) = watched.statements
        with watched.store._engine.connect() as connection:
            plans.append([row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)])
    small, large = plans
    assert small == large
    reads = [step for step in large if step.startswith(("SEARCH", "SCAN")) and "CONSTANT" not in step]
    branch = "SEARCH runs USING COVERING INDEX runs_by_start (experiment_id=? AND lifecycle_stage=?)"
    assert reads.count(branch) == 100
    others = [step for step in reads if step not in (branch, "SCAN newest")]
    assert others == ["SEARCH s USING PRIMARY KEY (run_id=? AND key=?)"], others
    assert sum("TEMP B-TREE" in step for step in large) == 1  # of at most 20 runs each, at the end


def test_what_goes_on_in_experiments_is_told_by_ends_of_indexes(stores):
    """However many runs there are, and in two statements for all experiments."""
    for watched in stores:
        watched.statements.clear()
        found = watched.store.activities([str(number) for number in range(100)])[watched.experiment]
        assert found.runs == watched.store.count_runs(RunQuery(experiment_ids=(watched.experiment,))) > found.status["RUNNING"]
        assert sorted(found.metrics) == [f"m{number}" for number in range(5)]
        counted, ends, _ = watched.statements
        steps = []
        with watched.store._engine.connect() as connection:
            for statement, parameters in (counted, ends):
                steps += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        reads = {step for step in steps if step.startswith(("SEARCH", "SCAN"))}
        assert reads == {
            "SEARCH key_counts USING COVERING INDEX key_counts_by_runs (place=? AND kind=? AND runs>?)",
            "SEARCH e USING PRIMARY KEY (experiment_id=?)",
            "SEARCH r USING COVERING INDEX runs_by_start (experiment_id=? AND lifecycle_stage=? AND start_time>?)",
            "SEARCH r USING COVERING INDEX runs_by_end (experiment_id=? AND lifecycle_stage=? AND end_time>?)",
            "SEARCH k USING COVERING INDEX key_counts_by_runs (place=? AND kind=?)",
            "SCAN used",
        }
        assert not any("TEMP B-TREE" in step for step in steps)


@pytest.mark.parametrize("order", ["end_time", "end_time DESC"])
def test_the_runs_that_ended_last_are_read_along_an_index(stores, order):
    watched = stores[1]
    found, statements = watched.run("search_runs", limit=10, order_by=(order,))
    ends = [run.info.end_time for run in found]
    assert ends == sorted(ends, reverse=order.endswith("DESC"))
    (listing,) = [pair for pair in statements if "ORDER BY r.end_time" in pair[0]]
    with watched.store._engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {listing[0]}", listing[1])]
    assert len(plan) == 1
    assert "COVERING INDEX runs_by_end" in plan[0]


def test_the_first_page_looks_at_one_page_of_the_index(stores):
    """Not at all runs: the stream behind the page is left where the page ends."""
    watched = stores[1]
    _, statements = watched.run("search_runs", limit=10)
    listing = [statement for statement, _ in statements if "FROM runs" in statement and "ORDER BY" in statement]
    assert len(listing) == 1
    assert len(statements) == 8  # the stream, the last row's place for the token, and one for each of six tables


def test_a_far_window_is_remembered_until_something_changes(stores):
    from runstone.store import search, search_window

    watched = stores[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "DEEP", 0)
        patch.setattr(search_window, "WORTH", 0)
        query = {"filter": "metrics.m3 > 0.2 and metrics.m0 > 0.2", "offset": 500, "limit": 10, "order_by": ("metrics.m2",)}
        first, cold = watched.run("table", **query)
        again, warm = watched.run("table", **query)
        assert list(again.run_ids) == list(first.run_ids)
        assert sum("group_concat" in statement for statement, _ in cold) == 3
        assert not any("group_concat" in statement for statement, _ in warm)
        watched.store.write(Batch([Params(first.run_ids[0], {"fresh": "1"})]))
        _, after = watched.run("table", **query)
        assert sum("group_concat" in statement for statement, _ in after) == 3


def test_the_few_runs_that_match_are_found_once_for_all_that_a_page_asks_of_them(stores):
    for watched in stores:
        text = "metrics.m3 > 0.55 and params.p2 = 'x'"
        found, first = watched.run("table", filter=text, limit=8)
        assert 0 < found.matched < 1_000
        others = [
            watched.run("table", filter=text, limit=8, order_by=("metrics.m1",))[1],
            watched.run("columns", filter=text)[1],
            watched.run("table", filter=text, limit=8, offset=8)[1],
        ]
        looked_for = [[pair for pair in statements if "x" in pair[1]] for statements in (first, *others)]
        assert looked_for[0]
        assert looked_for[1:] == [[], [], []]


def test_names_are_looked_through_once(stores):
    for watched in stores:
        for pattern in ("%zzz%", "%RUN-1%"):
            found, statements = watched.run("table", filter=f"run_name ILIKE '{pattern}'", limit=8)
            assert len(found.run_ids) == min(8, found.matched)
            assert sum("LIKE" in statement for statement, _ in statements) == 1


def test_whole_columns_are_read_once_until_something_changes(stores):
    _, large = stores
    large.store.write(Batch([Params(large.run("columns")[0].run_ids[0], {"news": "1"})]))  # whatever was remembered before
    first, statements = large.run("columns")
    again, fewer = large.run("columns", limit=7, order_by=("metrics.m0",))
    assert (len(again.run_ids), again) == (3_000, first)
    assert len(fewer) == 1 < len(statements)  # the clock
    assert large.run("columns", filter="params.p2 = 'x'")[0].run_ids != first.run_ids


def test_a_column_that_was_read_is_not_read_again_beside_others_nor_for_some_of_its_runs(stores):
    _, large = stores

    def keys(statements):
        return {key for _, values in statements for key in values if key in ("m0", "m1", "m2", "p0", "p1", "t0")}

    every = large.run("columns")[0]
    some, statements = large.run("columns", filter="metrics.m3 > 0.1")
    assert keys(statements) == set()
    rows = [list(every.run_ids).index(run_id) for run_id in some.run_ids]
    assert 1_000 < len(rows) < 3_000

    def cells(column):
        codes = memoryview(column.codes).cast("i")
        return [column.values[code] if code >= 0 else None for code in codes]

    for whole, part in zip(every.columns, some.columns, strict=True):
        seen = cells(whole)
        assert cells(part) == [seen[row] for row in rows]
        assert len(set(part.values)) == len(part.values) == len({*cells(part)} - {None})
    large.statements.clear()
    large.store.columns(RunQuery(experiment_ids=(large.experiment,)), [*COLUMNS, "metrics.m2"])
    assert keys(large.statements) == {"m2"}
