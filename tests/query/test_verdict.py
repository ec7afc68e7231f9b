"""The verdict on runs: what is one group, what is said, and what cannot be said."""

from __future__ import annotations

import pytest

import runstone
from runstone.errors import InvalidValue
from runstone.query.identity import is_seed
from runstone.query.verdict import compare_runs


def runs_of(depth: int, values: list[float], metric: str = "accuracy", **params: object) -> list[str]:
    ids = []
    for seed, value in enumerate(values):
        with runstone.start_run(run_name=f"depth-{depth}-{seed}") as run:
            runstone.log_params({"depth": depth, "seed": seed, **params})
            runstone.log_metric(metric, value)
        ids.append(run.info.run_id)
    return ids


LOW, HIGH = [0.90, 0.91, 0.905, 0.902, 0.908], [0.93, 0.94, 0.935, 0.931, 0.939]


@pytest.fixture(autouse=True)
def somewhere(tmp_path) -> None:  # type: ignore[no-untyped-def]
    runstone.set_tracking_uri(str(tmp_path / "store"))


def test_runs_that_differ_only_in_seed_are_one_group_and_the_answer_is_plain() -> None:
    found = runstone.compare([*runs_of(2, LOW), *runs_of(8, HIGH)])
    assert [(group.name, len(group.values)) for group in found.groups] == [("depth=2", 5), ("depth=8", 5)]
    (one,) = found.verdicts
    assert (found.metric, found.direction, one.answer, one.superiority) == ("accuracy", "max", "better", 1.0)
    assert one.difference == pytest.approx(0.03)
    assert one.low is not None
    assert one.high is not None
    assert 0.02 < one.low < 0.03 < one.high < 0.04
    assert one.p == pytest.approx(2 / 252)
    for words in ("depth=8 is better than depth=2 on accuracy by 0.03", "95 % interval", "5 runs each"):
        assert words in str(found)


def test_smaller_is_better_where_the_metric_says_so_and_the_baseline_can_be_chosen() -> None:
    ids = [*runs_of(2, LOW, "loss"), *runs_of(8, HIGH, "loss")]
    assert runstone.compare(ids).verdicts[0].answer == "worse"
    found = runstone.compare(ids, baseline=ids[-1])
    assert (found.verdicts[0].answer, found.verdicts[0].superiority) == ("better", 1.0)
    assert runstone.compare(ids, direction="max").verdicts[0].answer == "better"


def test_noise_is_not_sold_as_a_result_and_the_seeds_still_needed_are_told() -> None:
    (one,) = runstone.compare([*runs_of(2, [0.90, 0.92, 0.91]), *runs_of(8, [0.91, 0.935, 0.92])]).verdicts
    assert one.answer == "unclear"
    assert one.more_seeds is not None
    assert f"about {one.more_seeds} more seeds each would settle it" in one.words


def test_runs_that_all_gave_one_number_are_called_equal() -> None:
    (one,) = runstone.compare([*runs_of(2, [0.9, 0.9, 0.9]), *runs_of(8, [0.9, 0.9, 0.9])]).verdicts
    assert (one.answer, one.difference, one.more_seeds) == ("unclear", 0.0, None)
    assert "depth=8 and depth=2 are equal on accuracy: every run gave 0.9 (3 runs each)" in one.words


def test_following_the_advice_settles_it_with_many_groups_too() -> None:
    """What one comparison needs is not enough where p is corrected for ten."""

    def compared(seeds: int) -> list[tuple[str, int | None]]:
        spread = [0.001 * number for number in range(seeds)]
        ids = runs_of(0, [0.5 + one for one in spread])
        for depth in range(1, 11):
            ids += runs_of(depth, [0.9 + one for one in spread])
        return [(one.answer, one.more_seeds) for one in runstone.compare(ids).verdicts]

    few = compared(4)
    assert {answer for answer, _ in few} == {"unclear"}
    (more,) = {more for _, more in few}
    assert more is not None
    assert {answer for answer, _ in compared(4 + more)} == {"better"}


def test_three_seeds_never_settle_anything_however_far_apart() -> None:
    (one,) = runstone.compare([*runs_of(2, [0.1, 0.11, 0.12]), *runs_of(8, [0.9, 0.91, 0.92])]).verdicts
    assert (one.answer, one.p, one.more_seeds) == ("unclear", pytest.approx(0.1), 1)


def test_single_runs_and_broken_values_get_no_verdict() -> None:
    (one,) = runstone.compare([*runs_of(2, [0.9]), *runs_of(8, [0.95])]).verdicts
    assert (one.answer, one.p) == ("unknown", None)
    assert "chance alone" in one.words
    found = runstone.compare([*runs_of(3, LOW), *runs_of(4, [float("nan"), float("inf")])])
    assert (found.groups[1].left_out, found.groups[1].mean, found.verdicts[0].answer) == (2, None, "unknown")
    assert "no finite value" in str(found)


def test_many_groups_are_corrected_for_their_number() -> None:
    groups = [runs_of(2, LOW), runs_of(8, HIGH), runs_of(9, [value + 0.0001 for value in LOW])]
    found = runstone.compare([one for group in groups for one in group])
    assert [one.answer for one in found.verdicts] == ["better", "unclear"]
    assert found.verdicts[0].p_corrected == pytest.approx(2 * 2 / 252)
    assert "corrected for 2 comparisons" in str(found)


def test_only_repeats_are_described_and_data_and_names_tell_groups_apart() -> None:
    ids = runs_of(2, LOW)
    assert "differ only in their seed" in str(runstone.compare(ids))
    with runstone.start_run(run_name="bare-a") as a:
        runstone.log_metric("accuracy", 1.0)
    with runstone.start_run(run_name="bare-b") as b:
        runstone.log_metric("accuracy", 1.0)
    assert len(runstone.compare([a.info.run_id, b.info.run_id]).groups) == 2


def test_runs_whose_code_differs_are_not_said_to_differ_in_their_seed_alone() -> None:
    ids = runs_of(2, LOW)
    for run, code in zip(ids, ("a" * 16, "b" * 16), strict=False):
        runstone.MlflowClient().set_tag(run, "runstone.code", code)
    said = str(runstone.compare(ids))
    assert "repeat each other" in said
    assert "Code that git does not hold differs among the runs: runstone diff" in said
    assert "of depth=2: runstone diff" in str(runstone.compare([*ids, *runs_of(8, HIGH)]))


def test_the_statistic_of_a_series_can_be_chosen() -> None:
    ids = []
    for depth in (2, 8):
        with runstone.start_run() as run:
            runstone.log_param("depth", depth)
            for step, value in enumerate([0.5, 0.9, 0.7]):
                runstone.log_metric("accuracy", value, step=step)
        ids.append(run.info.run_id)
    for statistic, value in (("last", 0.7), ("min", 0.5), ("max", 0.9), ("best", 0.9)):
        assert runstone.compare(ids, statistic=statistic).groups[0].values == [value]


def test_what_cannot_be_compared_says_why() -> None:
    ids = [*runs_of(2, [0.9]), *runs_of(8, [0.8])]
    for wrong, said in (
        ({"metric": "nothing"}, "accuracy"), ({"baseline": "f" * 32}, "baseline"), ({"direction": "up"}, "direction"),
        ({"statistic": "mode"}, "last, min"), ({"level": 95}, "0.95"),
    ):  # fmt: skip
        with pytest.raises(InvalidValue, match=said):
            runstone.compare(ids, **wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="2 to 100"):
        runstone.compare(ids[:1])
    with pytest.raises(InvalidValue, match="Which metric"):
        compare_runs([runstone.get_run(one) for one in [*runs_of(1, [1.0], "x"), *runs_of(3, [1.0], "x")]])


def test_seeds_are_known_by_their_names() -> None:
    assert all(map(is_seed, ("seed", "random_state", "model.seed", "rng_seed", "SEED", "data/random_seed", "rng", "numpyseed")))
    assert not any(map(is_seed, ("seeds_per_acre", "linseed", "speed", "fold", "random")))


def test_the_objective_that_the_experiment_declares_decides() -> None:
    runstone.set_experiment("declared")
    ids = [*runs_of(2, LOW, "yield"), *runs_of(8, HIGH, "yield")]
    runstone.set_experiment_tags({"runstone.objective": "yield", "runstone.objective.direction": "min"})
    found = runstone.compare(ids)
    assert (found.metric, found.direction, found.verdicts[0].answer) == ("yield", "min", "worse")
