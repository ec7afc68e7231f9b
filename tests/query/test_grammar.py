"""The filter grammar: what MLflow's takes, what is added to it, and that text and tree are two forms of one thing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.errors import FilterError
from runstone.query.parser import parse_filter
from runstone.query.printer import to_text
from runstone.query.tree import PARTS, And, Comparison, Field, Membership, Not, Or, Presence, normalized
from runstone.query.vocabulary import EXPERIMENTS, RUNS

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
keys = st.one_of(st.sampled_from(["loss", "a b", "m/0", "x`y", 'q"q', "ä.ö", "1st", "and"]), texts.filter(bool))
numbers = st.one_of(st.integers(-(2**52), 2**52), st.floats(allow_nan=False))
metric_fields = st.builds(lambda key, part: Field("metrics", key, part), keys, st.sampled_from(PARTS))
number_fields = st.one_of(
    metric_fields, st.builds(lambda key: Field("attributes", key), st.sampled_from(["start_time", "end_time", "duration"]))
)
text_fields = st.one_of(
    st.builds(Field, st.sampled_from(["params", "tags"]), keys),
    st.builds(lambda key: Field("attributes", key), st.sampled_from(["run_id", "status", "run_name", "user_id"])),
    st.builds(lambda key: Field("datasets", key), st.sampled_from(["name", "digest", "context"])),
)
conditions = st.one_of(
    st.builds(Comparison, number_fields, st.sampled_from(["=", "!=", ">", ">=", "<", "<="]), numbers),
    st.builds(Comparison, text_fields, st.sampled_from(["=", "!=", "LIKE", "ILIKE"]), texts),
    st.builds(Membership, number_fields, st.lists(numbers, min_size=1, max_size=3).map(tuple), st.booleans()),
    st.builds(Membership, text_fields, st.lists(texts, min_size=1, max_size=3).map(tuple), st.booleans()),
    st.builds(Presence, st.one_of(number_fields, text_fields), st.booleans()),
)
trees = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(trees)
def test_a_printed_tree_parses_to_itself(tree):
    assert parse_filter(to_text(tree)) == tree


@given(trees)
def test_normalizing_leaves_not_only_before_conditions(tree):
    def check(node, inside=None):
        if isinstance(node, Not):
            assert isinstance(node.item, Comparison | Membership)
            assert isinstance(node.item, Comparison) or node.item.field.kind == "datasets"
        elif isinstance(node, And | Or):
            assert type(node) is not inside
            for item in node.items:
                check(item, type(node))

    check(normalized(tree))


WORDS = [
    *(
        "metrics.a",
        "params.`b c`",
        'tags."x"',
        "status",
        "run_id",
        "and",
        "or",
        "not",
        "(",
        ")",
        "in",
        "is",
        "null",
        "like",
        "ilike",
    ),
    *(
        "=",
        "!=",
        ">",
        "<=",
        "'x'",
        '"y"',
        "5",
        "1e3",
        "nan",
        "-inf",
        ".",
        ",",
        "`",
        "'",
        '"',
        "min(metrics.a)",
        "metrics.",
        "&&",
    ),
    *("==", "<>", "😀", "\ud800", "\x00"),
]


def refusal(text, vocabulary):
    """The error that a text gives, ``None`` for a filter."""
    try:
        parse_filter(text, vocabulary)
    except FilterError as error:
        return error
    return None


@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)))
def test_any_text_parses_or_points_at_what_is_wrong(text):
    for vocabulary in (RUNS, EXPERIMENTS):
        error = refusal(text, vocabulary)
        if error is not None:
            assert error.text == text
            assert 0 <= error.start <= error.end <= len(text)
            assert error.problem
            assert all(isinstance(word, str) and word for word in error.expected)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("metrics.loss < 1", "metrics.loss < 1"),
        ("metric.loss<1.50", "metrics.loss < 1.5"),
        ("metrics.`val loss` >= -.5e-3", "metrics.`val loss` >= -0.0005"),
        ('metrics."val loss" != 3', "metrics.`val loss` != 3"),
        ("params.model = 'CNN'", "params.model = 'CNN'"),
        ('parameters.model = "CNN"', "params.model = 'CNN'"),
        ("param.model LIKE 'C%' and tag.owner ilike '%ann%'", "params.model LIKE 'C%' AND tags.owner ILIKE '%ann%'"),
        ("tags.mlflow.source.name = 'train.py'", "tags.mlflow.source.name = 'train.py'"),
        ("tags.`mlflow.user` != 'x'", "tags.mlflow.user != 'x'"),
        ("attributes.status = 'RUNNING'", "status = 'RUNNING'"),
        ("attribute.start_time >= 1664067852747", "start_time >= 1664067852747"),
        ("attr.run_id IN ('a', 'b',)", "run_id IN ('a', 'b')"),
        ("run.run_name NOT IN ('a')", "run_name NOT IN ('a')"),
        ("`Run ID` = 'a' AND Created > 5", "run_id = 'a' AND start_time > 5"),
        ("user_id = 'ann' AND artifact_uri LIKE '%x'", "user_id = 'ann' AND artifact_uri LIKE '%x'"),
        ("datasets.name = 'iris' AND dataset.context = 'train'", "datasets.name = 'iris' AND datasets.context = 'train'"),
        ("params.a IS NULL and params.b is not null", "params.a IS NULL AND params.b IS NOT NULL"),
        ("metrics.m = NaN or metrics.m = -inf", "metrics.m = NaN OR metrics.m = -inf"),
        ("MIN(metrics.loss) < 0.1 and count(metrics.loss) > 10", "min(metrics.loss) < 0.1 AND count(metrics.loss) > 10"),
        ("min_step(metrics.loss) <= 3", "min_step(metrics.loss) <= 3"),
        ("not (metrics.a > 1 or params.b = 'x')", "NOT (metrics.a > 1 OR params.b = 'x')"),
        ("metrics.a > 1 or metrics.b > 1 and metrics.c > 1", "metrics.a > 1 OR (metrics.b > 1 AND metrics.c > 1)"),
        ("params.a not like 'x%'", "NOT params.a LIKE 'x%'"),
        ("params.quote = 'it''s'", "params.quote = 'it''s'"),
        ("metrics.system/cpu-use > 5", "metrics.system/cpu-use > 5"),
    ],
)
def test_spellings(text, plain):
    assert to_text(parse_filter(text)) == plain


@pytest.mark.parametrize("text", ["", "   ", "\n\t", None])
def test_nothing_is_no_filter(text):
    assert parse_filter(text) is None


@pytest.mark.parametrize(
    ("text", "wrong", "expected"),
    [
        ("metrics.a > '5'", "'5'", "a number such as 0.5"),
        ("params.a = 5", "5", "'5'"),
        ("params.a = x", "x", "'x'"),
        ("params.a > '5'", ">", "LIKE"),
        ("metrics.a like '5'", "like", ">="),
        ("metrics.a == 5", "==", "="),
        ("metrics.a <> 5", "<>", "!="),
        ("metrics.a > 5 && metrics.b > 5", "&&", "AND"),
        ("metrics.a > 5 metrics.b > 5", "metrics.b", "AND"),
        ("metrcs.a > 5", "metrcs", "metrics"),
        ("start_tim > 5", "start_tim", "start_time"),
        ("attributes.statsu = 'x'", "statsu", "status"),
        ("datasets.nam = 'x'", "nam", "name"),
        ("metrics. > 5", "metrics.", "metrics.<key>"),
        ("params.a = 'x", "'x", "a closing '"),
        ("(metrics.a > 5", "", ")"),
        ("metrics.a > 5)", ")", "AND"),
        ("metrics.a > 5 and", "", "metrics.<key>"),
        ("metrics.a", "", ">"),
        ("metrics.a >", "", "a number such as 0.5"),
        ("run_id in 'a'", "'a'", "("),
        ("run_id in ('a' 'b')", "'b'", ","),
        ("metrics.a is 5", "5", "NOT NULL"),
        ("mn(metrics.a) > 5", "mn", "min"),
        ("min(params.a) > 5", "params.a", "metrics.<key>"),
        ("metrics.a > NaN", "NaN", "= NaN"),
        ("5 > metrics.a", "5", "metrics.<key>"),
        ("status = 'x' and 7up", "7u", "a number"),
    ],
)
def test_errors_point_at_the_place_and_say_what_would_work(text, wrong, expected):
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    error = caught.value
    assert text[error.start : error.end] == wrong
    assert expected in error.expected
    assert text in str(error)
    assert expected in str(error)


def test_a_missing_piece_is_pointed_at_where_it_is_missing():
    with pytest.raises(FilterError) as caught:
        parse_filter("metrics.a > 5 and ")
    assert caught.value.start == len("metrics.a > 5 and ")


@pytest.mark.parametrize("text", ["(" * 100 + "metrics.a > 1" + ")" * 100, "not " * 100 + "metrics.a > 1"])
def test_too_deep_is_refused_and_not_a_crash(text):
    with pytest.raises(FilterError, match="levels"):
        parse_filter(text)


def test_too_many_conditions_are_refused():
    with pytest.raises(FilterError, match="conditions"):
        parse_filter(" and ".join(["metrics.a > 1"] * 1000))


def test_too_many_values_are_refused_in_a_short_message():
    listed = "params.a IN ({})".format(", ".join(["'x'"] * 6_000))
    assert parse_filter(listed)
    with pytest.raises(FilterError, match="More than 10000 values") as caught:
        parse_filter(f"{listed} AND {listed}")
    assert len(str(caught.value)) < 1_500
    wrong, marker = str(caught.value).splitlines()[1:3]
    assert wrong[marker.index("^")] in ",)'"


def test_experiments_have_their_own_words():
    assert to_text(parse_filter("name LIKE 'x%' AND tags.team = 'a' and creation_time > 5", EXPERIMENTS))
    for text in ("metrics.a > 1", "status = 'x'", "min(metrics.a) > 1"):
        with pytest.raises(FilterError):
            parse_filter(text, EXPERIMENTS)


def test_numbers_keep_their_kind():
    assert parse_filter("metrics.a = 5").value == 5
    assert type(parse_filter("metrics.a = 5").value) is int
    assert type(parse_filter("metrics.a = 5.0").value) is float
    assert parse_filter("metrics.a = " + "9" * 5000).value == math.inf


def test_a_kind_of_field_in_backticks() -> None:
    assert parse_filter("`tags`.t = '1'") == parse_filter("tags.t = '1'")
    assert parse_filter("`params`.`a key` = '1'") == parse_filter("params.`a key` = '1'")
    with pytest.raises(FilterError, match="is no kind of field") as caught:
        parse_filter("`foo`.t = '1'")
    assert (caught.value.start, caught.value.end) == (0, 5)


def test_errors_are_sentences() -> None:
    with pytest.raises(FilterError, match=r"Expected a comma, \)\.$"):
        parse_filter("params.p IN ('1'")
    with pytest.raises(FilterError, match="^An experiment has no attribute 'foo'"):
        parse_filter("foo = 'x'", EXPERIMENTS)
