"""Orderings and column names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.errors import FilterError
from runstone.query.columns import parse_column
from runstone.query.order import experiment_order, run_order
from runstone.query.parser import parse_order
from runstone.query.printer import order_text
from runstone.query.tree import Field


@pytest.mark.parametrize(
    ("given_", "plain"),
    [
        (["metrics.a DESC"], ["metrics.a DESC", "start_time DESC", "run_id ASC"]),
        (["metrics.`a b` desc", "params.x"], ["metrics.`a b` DESC", "params.x ASC", "start_time DESC", "run_id ASC"]),
        (["metrics.a DESC, params.x ASC"], ["metrics.a DESC", "params.x ASC", "start_time DESC", "run_id ASC"]),
        (["attributes.start_time ASC"], ["start_time ASC", "run_id ASC"]),
        (["Created"], ["start_time ASC", "run_id ASC"]),
        (["run_id DESC", "metrics.a"], ["run_id DESC"]),
        (["metrics.a", "metrics.a DESC"], ["metrics.a ASC", "start_time DESC", "run_id ASC"]),
        (["max(metrics.a) DESC"], ["max(metrics.a) DESC", "start_time DESC", "run_id ASC"]),
        (["tags.a", ""], ["tags.a ASC", "start_time DESC", "run_id ASC"]),
        ([], ["start_time DESC", "run_id ASC"]),
    ],
)
def test_an_order_is_made_total(given_, plain):
    assert order_text(run_order(given_)) == plain


def test_experiments_come_newest_first():
    assert order_text(experiment_order(["name"])) == ["name ASC", "creation_time DESC", "experiment_id ASC"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("metrics.a DSC", "DSC"), ("metrics.a DESC DESC", "DESC"), ("foo", "foo"), ("metrics.a > 5", ">"), ("metrics.a,", "")],
)
def test_errors_in_an_order_point_at_the_place(text, wrong):
    with pytest.raises(FilterError) as caught:
        parse_order([text])
    error = caught.value
    assert error.text == text
    assert text[error.start : error.end] == wrong


def test_an_order_of_endless_columns_is_refused():
    assert len(parse_order([f"metrics.m{i}" for i in range(50)])) == 50
    for texts in ([f"metrics.m{i}" for i in range(51)], [", ".join(["name"] * 51)]):
        with pytest.raises(FilterError, match="more than 50 columns"):
            parse_order(texts)


def refusal(text):
    """The error that a text gives, ``None`` for an order."""
    try:
        parse_order([text])
    except FilterError as error:
        return error
    return None


@given(st.text(max_size=20))
def test_any_text_is_an_order_or_a_filter_error(text):
    error = refusal(text)
    assert error is None or 0 <= error.start <= error.end <= len(text)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("metrics.loss", Field("metrics", "loss", "last")),
        ("metrics.loss:max", Field("metrics", "loss", "max")),
        ("metrics.loss:count", Field("metrics", "loss", "count")),
        ("metrics.val: x", Field("metrics", "val: x", "last")),
        ("metrics.a b (c)", Field("metrics", "a b (c)", "last")),
        ("metrics.`a b`:min", Field("metrics", "a b", "min")),
        ("min(metrics.loss)", Field("metrics", "loss", "min")),
        ("params.lr", Field("params", "lr")),
        ('params."a b"', Field("params", "a b")),
        ("tags.mlflow.source.name", Field("tags", "mlflow.source.name")),
        ("attributes.duration", Field("attributes", "duration")),
        ("status", Field("attributes", "status")),
        ("datasets.name", Field("datasets", "name")),
    ],
)
def test_columns_are_named_by_fields(name, field):
    assert parse_column(name) == field


@pytest.mark.parametrize("name", ["", "foo", "params.", "params.``", "metrics", "attributes.foo", "min(params.a)"])
def test_other_names_are_no_columns(name):
    with pytest.raises(FilterError):
        parse_column(name)
