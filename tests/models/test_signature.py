"""Signatures: their JSON form there and back, what they refuse, and what the refusal says."""

from __future__ import annotations

import datetime
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signature_cases import inference_cases

from runstone.errors import InvalidValue
from runstone.models import ModelSignature, infer_signature
from runstone.models.enforce import enforce_schema
from runstone.models.types import (
    AnyType,
    Array,
    ColSpec,
    DataType,
    Map,
    Object,
    ParamSchema,
    ParamSpec,
    Property,
    Schema,
    TensorSpec,
)

SCALARS = st.sampled_from(list(DataType))
TYPES = st.recursive(
    SCALARS | st.builds(AnyType),
    lambda inner: (
        st.builds(Array, inner)
        | st.builds(Map, inner)
        | st.lists(
            st.tuples(st.text(min_size=1), inner, st.booleans()), min_size=1, max_size=3, unique_by=lambda item: item[0]
        ).map(lambda items: Object([Property(*item) for item in items]))
    ),
    max_leaves=8,
)
COLUMNS = st.lists(st.tuples(TYPES, st.text(), st.booleans()), min_size=1, max_size=4, unique_by=lambda item: item[1]).map(
    lambda items: Schema([ColSpec(*item) for item in items])
)
TENSORS = st.tuples(
    st.sampled_from(["float32", "int64", "str", "bytes", "bool"]), st.lists(st.integers(-1, 9), max_size=3)
).map(lambda told: Schema([TensorSpec(np.dtype(told[0]), told[1])]))


@given(COLUMNS | TENSORS)
def test_a_schema_comes_back_from_json(schema: Schema) -> None:
    assert Schema.from_json(schema.to_json()) == schema
    assert Schema.from_json(schema.to_json()).to_json() == schema.to_json()


@pytest.mark.parametrize("name", sorted(inference_cases()))
def test_what_is_inferred_accepts_the_data_it_came_from(name: str) -> None:
    data = inference_cases()[name]()
    if data is None:
        pytest.skip("None has no signature")
    schema = infer_signature(data).inputs
    assert schema is not None
    if name in {
        "frame objects that are ints with a gap",
        "series with a gap",
        "series named",
        "series floats",
        "series strings",
    }:
        data = pd.DataFrame(data)
    enforce_schema(data, schema)


def test_a_signature_comes_back_from_its_dict() -> None:
    frame = pd.DataFrame({"a": [1.5], "b": ["x"], "c": [[1, 2]], "d": [{"e": True}]})
    signature = infer_signature(frame, np.zeros(3), {"t": 0.5, "names": ["x"], "when": datetime.datetime(2024, 1, 15)})
    assert ModelSignature.from_dict(signature.to_dict()) == signature


def test_properties_of_an_object_are_in_mlflows_order() -> None:
    unordered = infer_signature([{"o": {"good": 1.0, "bad": 0.0}}])
    assert list(json.loads(unordered.to_dict()["inputs"])[0]["properties"]) == ["bad", "good"]


def test_old_words_are_understood() -> None:
    assert Schema.from_json('[{"type": "long", "name": "a", "optional": true}]') == Schema([ColSpec("long", "a", False)])
    assert ParamSchema.from_json('[{"name": "a", "dtype": "long", "default": 1}]') == ParamSchema([ParamSpec("a", "long", 1)])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: ColSpec("number", "a"), "'number'"),
        (lambda: Schema([]), "not empty"),
        (lambda: Schema([ColSpec("long", "a"), ColSpec("long")]), "all of its inputs or for none"),
        (lambda: Schema([ColSpec("long", "a"), ColSpec("long", "a")]), "must differ"),
        (lambda: Schema([ColSpec("long", "a"), TensorSpec(np.dtype("f4"), (1,), "b")]), "ColSpec"),
        (lambda: TensorSpec("float32", (1,)), "numpy.dtype"),  # type: ignore[arg-type]
        (lambda: Schema.from_json("{"), "not JSON"),
        (lambda: Schema.from_json('{"a": 1}'), "list of objects"),
        (lambda: Schema.from_json('[{"name": "a"}]'), "'type' is missing"),
        (lambda: Schema.from_json('[{"type": "tensor"}]'), "tensor-spec"),
        (lambda: ModelSignature(), "needs inputs"),
        (lambda: ModelSignature(inputs=[1]), "infer_signature"),  # type: ignore[arg-type]
        (lambda: ParamSpec("a", "long", "x"), "converted safely"),
        (lambda: ParamSpec("a", "long", [1], (-1, 2)), "shape"),
        (lambda: Object([]), "different names"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(make: Any, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        make()


DOUBLES = Schema([ColSpec("double", "a"), ColSpec("double", "b")])


def test_a_missing_column_is_named_and_so_are_strangers() -> None:
    with pytest.raises(InvalidValue, match=r"needs columns \['b'\].*does not know: \['B'\]"):
        enforce_schema(pd.DataFrame({"a": [1.0], "B": [1.0]}), DOUBLES)


def test_a_column_of_another_type_is_named_with_both_types() -> None:
    with pytest.raises(InvalidValue, match=r"Column 'b' is int64; the model takes double"):
        enforce_schema(pd.DataFrame({"a": [1.0], "b": [1]}), DOUBLES)


def test_whole_numbers_with_gaps_get_advice() -> None:
    with pytest.raises(InvalidValue, match="Whole numbers with gaps become floats"):
        enforce_schema(pd.DataFrame({"a": [1, None]}), Schema([ColSpec("long", "a")]))


def test_columns_come_in_the_order_of_the_schema() -> None:
    frame = enforce_schema(pd.DataFrame({"z": [0], "b": [2.0], "a": [1.0]}), DOUBLES)
    assert list(frame.columns) == ["a", "b"]


def test_the_callers_frame_stays_as_it_was() -> None:
    frame = pd.DataFrame({"b": np.array([2.0], dtype="float32"), "a": [1.0]})
    before = frame.copy()
    enforce_schema(frame, DOUBLES)
    pd.testing.assert_frame_equal(frame, before)


NESTED = Schema([ColSpec(Array("long"), "xs"), ColSpec(Object([Property("k", "string"), Property("n", "double", False)]), "o")])


def test_nested_values_are_checked_in_depth() -> None:
    good = {"xs": [1, 2], "o": {"k": "x"}}
    assert enforce_schema([good], NESTED)["o"].tolist() == [{"k": "x"}]
    assert enforce_schema(good, NESTED)["xs"].tolist() == [[1, 2]]
    with pytest.raises(InvalidValue, match=r"column 'xs', row 0, item 1"):
        enforce_schema([{"xs": [1, "x"], "o": {"k": "x"}}], NESTED)
    with pytest.raises(InvalidValue, match=r"column 'o', row 0, key 'k'"):
        enforce_schema([{"xs": [1], "o": {}}], NESTED)


def test_named_tensors() -> None:
    schema = Schema([TensorSpec(np.dtype("float32"), (-1, 2), "x"), TensorSpec(np.dtype("int64"), (-1,), "y")])
    data = {"x": np.zeros((3, 2), dtype="float32"), "y": np.zeros(3, dtype="int64")}
    assert enforce_schema({**data, "z": 1}, schema).keys() == data.keys()
    with pytest.raises(InvalidValue, match=r"needs tensors \['y'\]"):
        enforce_schema({"x": data["x"]}, schema)
    with pytest.raises(InvalidValue, match=r"tensor 'x'.*shape \(-1, 2\).*\(3, 1\)"):
        enforce_schema({**data, "x": np.zeros((3, 1), dtype="float32")}, schema)


PARAMS = ParamSchema(
    [
        ParamSpec("t", "double", 1.0),
        ParamSpec("n", "long", 1),
        ParamSpec("s", "string", None),
        ParamSpec("L", "long", [1], (-1,)),
    ]
)


def test_params_are_completed_and_converted() -> None:
    assert PARAMS.complete({"t": 2, "L": np.array([3])}) == {"t": 2.0, "n": 1, "s": None, "L": [3]}
    assert isinstance(PARAMS.complete({"t": np.float32(2)})["t"], float)


@pytest.mark.parametrize("given", [{"n": 1.5}, {"n": True}, {"t": "x"}, {"s": 1}, {"L": 1}, {"L": [1.5]}, [1]])
def test_params_of_another_type_are_refused(given: Any) -> None:
    with pytest.raises(InvalidValue):
        PARAMS.complete(given)


def test_unknown_params_are_ignored_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    assert "z9" not in PARAMS.complete({"z9": 1})
    assert "z9" in capsys.readouterr().err


def test_logging_goes_on_with_data_that_has_no_type(capsys: pytest.CaptureFixture[str]) -> None:
    signature = infer_signature([1, "odd"])
    assert signature.inputs == Schema([ColSpec(AnyType())])
    assert "will not be checked" in capsys.readouterr().err
    assert enforce_schema({"anything": 1}, signature.inputs) == {"anything": 1}
