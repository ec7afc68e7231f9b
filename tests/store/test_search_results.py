"""What a search finds, against a plain reading of the same filter and order over the same runs in memory."""

from __future__ import annotations

import math
import random
import re
import struct
from functools import cmp_to_key

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runstone.connect import open_store
from runstone.contracts import Batch, RunQuery
from runstone.entities import Dataset, DatasetInput, InputTag, ViewType
from runstone.query.columns import parse_column
from runstone.query.printer import order_text, to_text
from runstone.query.tree import PARTS, And, Comparison, Field, Membership, Not, Or, Order, Presence
from runstone.records import ExperimentCreated, Inputs, Metrics, Params, RunChanged, RunStarted
from runstone.store import search, search_match, search_sieve, search_walk

LONG = "x" * 50
NUMBERS = [0.0, 1.0, -1.5, 2.0, math.nan, math.inf, -math.inf, 1e300]
TEXTS = ["a", "B", "b", "ab", "a%", "a_c", "a*c", "a[b]", "ä", "", LONG, LONG + "1", LONG[:40], "10", "9"]
KEYS = ["k0", "k1", "a b", "rare"]
STATUS = ["RUNNING", "FINISHED", "FAILED"]


class World(tuple):
    """A store and its runs; quiet, as it is an argument of every failure."""

    __repr__ = object.__repr__


def made(rng: random.Random, number: int) -> dict:
    """One run as plain values: series by key, texts by key, attributes."""
    return {
        "id": f"{rng.getrandbits(128):032x}",
        "experiment": rng.choice([0, 1, 1, 1]),
        "deleted": rng.random() < 0.15,
        "name": rng.choice(TEXTS[:6]) or "n",
        "status": rng.choice(STATUS),
        "start": 1000 + rng.choice([number, 5]),
        "metrics": {
            key: [rng.choice(NUMBERS) for _ in range(rng.randrange(1, 4))]
            for key in KEYS
            if rng.random() < (0.1 if key == "rare" else 0.7)
        },
        "params": {key: rng.choice(TEXTS) for key in KEYS if rng.random() < 0.7},
        "tags": {key: rng.choice(TEXTS) for key in KEYS if rng.random() < 0.5},
        "datasets": [
            (rng.choice(["d1", "d2"]), rng.choice("xy"), rng.choice(["train", ""])) for _ in range(rng.choice([0, 0, 1, 2]))
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def world(module_store):
    """A store with some sixty runs, and the same runs as plain values."""
    rng = random.Random(7)
    store = open_store(module_store)
    store.write(Batch([ExperimentCreated("one", "1"), ExperimentCreated("empty", "2")]))
    runs = [made(rng, number) for number in range(64)]
    for run in runs:
        records = [
            RunStarted(run["id"], str(run["experiment"]), run["start"], run["name"], "ann", run["tags"], run["status"]),
            Params(run["id"], run["params"]),
        ]
        if run["metrics"]:
            records.append(points(run["id"], run["metrics"]))
        if run["datasets"]:
            records.append(Inputs(run["id"], [used(*one) for one in run["datasets"]]))
        store.write(Batch(records))
        if run["deleted"]:
            store.write(Batch([RunChanged(run["id"], 5000, deleted=True)]))
        run["end"] = store.get_run(run["id"]).info.end_time
    yield World((store, runs))
    store.close()


def points(run_id: str, metrics: dict[str, list[float]]) -> Metrics:
    """Each series' values at steps 0, 1, 2 …"""
    rows = [(key, step, value) for key, values in enumerate(metrics.values()) for step, value in enumerate(values)]
    keys, steps, values = zip(*rows, strict=True)
    n = len(rows)
    return Metrics(
        run_id, list(metrics), struct.pack(f"<{n}I", *keys), struct.pack(f"<{n}q", *steps), struct.pack(f"<{n}d", *values),
        struct.pack(f"<{n}q", *range(n)),
    )  # fmt: skip


def used(name: str, digest: str, context: str) -> DatasetInput:
    return DatasetInput(Dataset(name, digest, "local", "{}"), [InputTag("mlflow.data.context", context)] if context else [])


# --- the plain reading ------------------------------------------------------------------------------------------------


def of_series(values: list[float], part: str):
    real = [(value, step) for step, value in enumerate(values) if not math.isnan(value)]
    least = min(real, default=None, key=lambda pair: pair[0])
    most = max(real, default=None, key=lambda pair: pair[0])
    return {
        "last": values[-1], "first": values[0], "count": len(values), "nans": len(values) - len(real),
        "last_step": len(values) - 1, "first_step": 0,
        "mean": mean([value for value, _ in real]),
        "min": least and least[0], "min_step": least and least[1], "max": most and most[0], "max_step": most and most[1],
    }[part]  # fmt: skip


def mean(values: list[float]):
    """The store's own: it is exact, and compared with what is stored of other series."""
    ends = {value for value in values if math.isinf(value)}
    return (ends.pop() if len(ends) == 1 else None) if ends else sum(values) / len(values) if values else None


def values_of(run: dict, field: Field) -> list:
    """All values of the field that the run has; one at most, but for datasets."""
    if field.kind == "metrics":
        value = of_series(run["metrics"][field.key], field.part) if field.key in run["metrics"] else None
        return [] if value is None else [value]
    if field.kind == "datasets":
        place = ("name", "digest", "context").index(field.key)
        return [one[place] for one in run["datasets"] if place < 2 or one[place]]
    if field.kind in ("params", "tags"):
        everything = {**run[field.kind], **({"mlflow.runName": run["name"]} if field.kind == "tags" else {})}
        return [everything[field.key]] if field.key in everything else []
    value = {
        "run_id": run["id"], "run_name": run["name"], "status": run["status"], "start_time": run["start"], "user_id": "ann",
        "end_time": run["end"], "experiment_id": str(run["experiment"]),
        "lifecycle_stage": "deleted" if run["deleted"] else "active",
        "duration": None if run["end"] is None else run["end"] - run["start"],
    }[field.key]  # fmt: skip
    return [] if value is None else [value]


def holds(value, operator: str, wanted) -> bool:
    if operator in ("LIKE", "ILIKE"):
        pattern = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in wanted)
        return re.fullmatch(pattern, value, re.DOTALL | (re.IGNORECASE | re.ASCII if operator == "ILIKE" else 0)) is not None
    if wanted != wanted:
        return (value != value) == (operator == "=")
    return {
        "=": value == wanted, "!=": value != wanted, ">": value > wanted, ">=": value >= wanted, "<": value < wanted,
        "<=": value <= wanted,
    }[operator] if isinstance(value, type(wanted)) or not isinstance(value, str) else False  # fmt: skip


def truth(run: dict, node) -> bool | None:
    """True, False or unknown (``None``), as Kleene's logic has it."""
    if isinstance(node, Not):
        inner = truth(run, node.item)
        return None if inner is None else not inner
    if isinstance(node, And | Or):
        found = [truth(run, item) for item in node.items]
        decisive = isinstance(node, Or)
        return decisive if decisive in found else None if None in found else not decisive
    values = values_of(run, node.field)
    if isinstance(node, Presence):
        return bool(values) == node.present
    if not values:
        return None
    if isinstance(node, Comparison):
        return any(holds(value, node.operator, node.value) for value in values)
    inside = [any(holds(value, "=", one) for one in node.values) for value in values]
    return any(one != node.negated for one in inside)


def rank(run: dict, order: Order):
    values = values_of(run, order.field)
    if not values:
        return (2, None)
    value = min(values)
    if isinstance(value, float) and math.isnan(value):
        return (1, None)
    return (0, int(value) if order.field.key == "experiment_id" else value)


def expected(runs: list[dict], tree, orders: list[Order], experiments: tuple[str, ...], view: int) -> list[str]:
    stages = {ViewType.ACTIVE_ONLY: {False}, ViewType.DELETED_ONLY: {True}, ViewType.ALL: {False, True}}[view]
    found = [run for run in runs if str(run["experiment"]) in experiments and run["deleted"] in stages]
    found = [run for run in found if tree is None or truth(run, tree)]
    total = [*orders, Order(Field("attributes", "start_time"), True), Order(Field("attributes", "run_id"))]

    def compare(left, right):
        for order in total:
            (one, a), (other, b) = rank(left, order), rank(right, order)
            if one != other:
                return one - other
            if a != b:
                return (1 if a > b else -1) * (-1 if order.descending else 1)
        return 0

    return [run["id"] for run in sorted(found, key=cmp_to_key(compare))]


# --- searches at random -----------------------------------------------------------------------------------------------


def listed(values):
    return st.lists(values, min_size=1, max_size=3).map(tuple)


numbers = st.sampled_from([0, 1, 2, -1.5, 1.5, math.inf, -math.inf])
number_fields = st.one_of(
    st.builds(lambda key, part: Field("metrics", key, part), st.sampled_from(KEYS), st.sampled_from(PARTS)),
    st.just(Field("metrics", "k0", "last")),
    st.sampled_from([Field("attributes", key) for key in ("start_time", "end_time", "duration")]),
)
text_fields = st.one_of(
    st.builds(Field, st.sampled_from(["params", "tags"]), st.sampled_from(KEYS)),
    st.sampled_from(
        [Field("attributes", key) for key in ("run_name", "status", "user_id", "experiment_id", "lifecycle_stage")]
    ),
    st.sampled_from([Field("datasets", key) for key in ("name", "digest", "context")]),
)
texts = st.sampled_from([*TEXTS, "d1", "x", "train", "RUNNING", "1", "active"])
patterns = st.sampled_from(
    ["a%", "%b", "A%", "_", "%", "x%", "a*c", "a[b]", "%Ä%", "%ä%", LONG + "%", LONG[:45] + "%", "R%", "d_", "1_%"]
)
conditions = st.one_of(
    st.builds(Comparison, number_fields, st.sampled_from(["=", "!=", ">", ">=", "<", "<="]), numbers),
    st.builds(Comparison, number_fields, st.sampled_from(["=", "!="]), st.just(math.nan)),
    st.builds(Comparison, text_fields, st.sampled_from(["=", "!="]), texts),
    st.builds(Comparison, text_fields, st.sampled_from(["LIKE", "ILIKE"]), patterns),
    st.builds(Membership, number_fields, listed(st.one_of(numbers, st.just(math.nan))), st.booleans()),
    st.builds(Membership, text_fields, listed(texts), st.booleans()),
    st.builds(Presence, st.one_of(number_fields, text_fields), st.booleans()),
)
trees = st.one_of(
    st.none(),
    st.recursive(
        conditions,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=5,
    ),
)
orders = st.lists(st.builds(Order, st.one_of(number_fields, text_fields), st.booleans()), max_size=2)
scopes = st.sampled_from([("1",), ("0", "1"), ("1", "2"), ("2",), ("0",), ()])
views = st.sampled_from([ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL])

#: Constants that force a plan: (few, test cost, budget to spare, ties, streams, deep, step cost of the sieve)
PLANS = {
    "few": (1_000, 20, 4_000, 1_000, 32, 5_000, 4),
    "sets": (-1, 10**9, 4_000, 2, 32, 5_000, 4),
    "walk": (-1, 0, 10**9, 2, 32, 5_000, 4),
    "out of budget": (-1, 0, -200, 3, 0, 5_000, 4),
    "sieve": (-1, 10, 4_000, 2, 32, 5_000, -(10**9)),
    "far down": (-1, 10**9, 4_000, 2, 32, 0, 4),
}


@pytest.fixture(scope="module", params=list(PLANS))
def plan(request):
    few, cost, spare, ties, streams, deep, step = PLANS[request.param]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "FEW", few)
        patch.setattr(search_match, "FEW", few)
        patch.setattr(search, "TEST_COST", cost)
        patch.setattr(search, "SPARE", spare)
        patch.setattr(search, "DEEP", deep)
        patch.setattr(search_walk, "TIES", ties)
        patch.setattr(search_sieve, "STEP_COST", step)
        patch.setattr(search_sieve, "LEAST", 3)
        patch.setattr(search_walk, "STREAMS", streams)
        yield request.param


# for each plan and database: 400 in all
@settings(max_examples=34, deadline=None)
@given(tree=trees, order=orders, scope=scopes, view=views)
def test_search_finds_what_the_filter_says_in_the_order_asked_for(world, plan, tree, order, scope, view):
    store, runs = world
    query = RunQuery(experiment_ids=scope, filter=to_text(tree), order_by=tuple(order_text(order)), view=view)
    wanted = expected(runs, tree, order, scope, view)
    assert [run.info.run_id for run in store.search_runs(query)] == wanted
    assert store.count_runs(query) == len(wanted)
    table = store.table(query)
    assert (list(table.run_ids), table.matched) == (wanted, len(wanted))
    assert table.total == len(expected(runs, None, [], scope, view))


@settings(max_examples=17, deadline=None)
@given(tree=trees, order=orders, scope=scopes, size=st.integers(1, 7), data=st.data())
def test_pages_and_windows_are_pieces_of_the_whole(world, plan, tree, order, scope, size, data):
    store, runs = world
    wanted = expected(runs, tree, order, scope, ViewType.ACTIVE_ONLY)
    query = {"experiment_ids": scope, "filter": to_text(tree), "order_by": tuple(order_text(order))}
    found, token = [], None
    while True:
        page = store.search_runs(RunQuery(**query, limit=size, page_token=token))
        found += [run.info.run_id for run in page]
        assert len(page) == size or not page.token
        assert len(found) <= len(wanted)
        token = page.token
        if token is None:
            break
    assert found == wanted
    offset = data.draw(st.integers(0, len(wanted) + 2))
    window = RunQuery(**query, limit=size, offset=offset)
    assert list(store.table(window).run_ids) == wanted[offset : offset + size]
    assert [run.info.run_id for run in store.search_runs(window)] == wanted[offset : offset + size]


columns = st.lists(
    st.one_of(
        st.builds(lambda key, part: f"metrics.{key}:{part}", st.sampled_from(KEYS), st.sampled_from(PARTS)),
        st.builds(lambda kind, key: f"{kind}.{key}", st.sampled_from(["params", "tags", "metrics"]), st.sampled_from(KEYS)),
        st.sampled_from(["attributes.status", "attributes.duration", "run_name", "attributes.experiment_id", "datasets.name"]),
    ),
    max_size=6,
)


@settings(max_examples=27, deadline=None)
@given(names=columns)
def test_table_columns_hold_the_values_of_the_fields(world, names):
    store, runs = world
    by_id = {run["id"]: run for run in runs}
    table = store.table(RunQuery(experiment_ids=("0", "1"), limit=20), names)
    assert list(table.columns) == names
    assert len(table.run_ids) == 20
    for name, cells in zip(names, table.values, strict=True):
        for run_id, cell in zip(table.run_ids, cells, strict=True):
            values = values_of(by_id[run_id], parse_column(name))
            wanted = min(values) if values else None
            assert cell == wanted or (cell != cell and wanted != wanted), (name, run_id)
    for place, run_id in enumerate(table.run_ids):
        run = by_id[run_id]
        row = (table.names[place], table.status[place], table.start[place], table.end[place], table.experiment_ids[place])
        assert row == (run["name"], run["status"], run["start"], run["end"], str(run["experiment"]))
