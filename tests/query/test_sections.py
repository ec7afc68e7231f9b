"""Metrics of a run in the order in which people count, and in sections."""

from __future__ import annotations

from runstone.query.sections import found, ordered, sections


def test_numbers_count_and_case_does_not() -> None:
    assert ordered(["m10", "m2", "Acc", "m02", "m", "b/3", "b/20", "b/3a"]) == [
        "Acc",
        "b/3",
        "b/3a",
        "b/20",
        "m",
        "m02",
        "m2",
        "m10",
    ]


def test_a_search_keeps_the_order() -> None:
    keys = ["val/Loss", "system/cpu", "loss"]
    assert found(keys, " LOSS ") == ["val/Loss", "loss"]
    assert found(keys, "", "own") == ["val/Loss", "loss"]
    assert found(keys, "", "system") == ["system/cpu"]


def test_sections_begin_with_single_points() -> None:
    made = sections(["a/1", "a/2", "a/b/1", "z"], {"a/2", "z"})
    assert [(one.name, one.single, list(one.keys)) for one in made] == [
        ("a", 1, ["a/2", "a/1"]),
        ("a/b", 0, ["a/b/1"]),
        ("", 1, ["z"]),
    ]
