"""Whole columns of all runs that match: each value is found where it belongs, whatever it is and however runs are called."""

from __future__ import annotations

import math
import struct

from runstone.connect import open_store
from runstone.contracts import Batch, RunQuery
from runstone.records import Params, RunStarted
from runstone.store.search_rows import RowOf
from runstone.testing.store_suite import metrics

NAN, INFINITY = math.nan, math.inf


def write(store, *records):
    store.write(Batch(records))


def start(store, run_id, name):
    write(store, RunStarted(run_id, "0", 1000, name))
    return run_id


def test_whole_columns_of_all_runs(new_store):
    store = open_store(new_store())
    long = "x" * 60
    for number, (model, value) in enumerate(
        [("cnn", 0.5), (long + "a", NAN), ("cnn", INFINITY), (long + "b", 0.5), ("NaN", 2)]
    ):
        run_id = start(store, f"{number:032x}" if number else "of another length", name=f"n{number % 2}")
        write(store, Params(run_id, {"model": model}), metrics(run_id, loss=[(3, value, 1)]))
    bare = start(store, "bare", name="n0")
    names = ["params.model", "metrics.loss", "metrics.loss:min", "metrics.loss:last_step", "attributes.run_name", "tags.no"]

    def cells(**query):
        found = store.columns(RunQuery(experiment_ids=("0",), limit=1, **query), names)
        read = [(one.values, struct.unpack(f"<{len(one.codes) // 4}i", one.codes)) for one in found.columns]
        assert all(max(codes, default=-1) < len(values) for values, codes in read)
        columns = [[values[code] if code >= 0 else None for code in codes] for values, codes in read]
        return {run_id: list(row) for run_id, *row in zip(found.run_ids, *columns, strict=True)}

    found = cells()
    nan = found.pop(f"{1:032x}")
    assert (nan[0], nan[2:]) == (long + "a", [None, 3, "n1", None])
    assert math.isnan(nan[1])
    assert found == {
        "of another length": ["cnn", 0.5, 0.5, 3, "n0", None],
        f"{2:032x}": ["cnn", INFINITY, INFINITY, 3, "n0", None],
        f"{3:032x}": [long + "b", 0.5, 0.5, 3, "n1", None],
        f"{4:032x}": ["NaN", 2.0, 2.0, 3, "n0", None],
        bare: [None, None, None, None, "n0", None],
    }
    assert set(cells(filter="metrics.loss <= 2 and run_name = 'n0'")) == {"of another length", f"{4:032x}"}
    assert cells(filter="metrics.loss > 1 and metrics.loss < 3") == {f"{4:032x}": ["NaN", 2.0, 2.0, 3, "n0", None]}
    assert not cells(filter="params.model = 'none'")
    assert not store.columns(RunQuery(experiment_ids=()), names).run_ids
    store.close()


def test_rows_are_found_among_ids_of_one_length_of_several_and_of_none():
    same = [f"{number:032x}" for number in range(50)]
    assert RowOf(same)("\n".join([same[7], "f" * 32, same[0]])).tolist() == [7, -1, 0]
    assert RowOf(same)("\n".join([same[7], "short", "ü" * 16])).tolist() == [7, -1, -1]
    assert RowOf([*same, "short"])("\n".join(["short", same[3], "other"])).tolist() == [50, 3, -1]
    assert RowOf(same)("").tolist() == RowOf([])("").tolist() == []
    assert RowOf([])("\n".join(same[:2])).tolist() == [-1, -1]
