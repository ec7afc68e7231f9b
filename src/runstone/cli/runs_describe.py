"""``runstone runs describe``."""

from __future__ import annotations

import click

from .shell import fail, json_option, store_option


@click.command("describe")
@click.argument("run", required=False)
@click.option("--run-id", "given", default="", help="mlflow's way to name the run.")
@json_option
@store_option
def describe(run: str | None, given: str, as_json: bool, store: str) -> None:
    """All that is known of one run. RUN is its id or the beginning of it."""
    from .opening import find_run, open_for_reading
    from .output import moment, print_json, print_table, span

    if not (run or given):
        raise click.UsageError("Name a run: `runstone runs describe RUN`.")
    if run and given and run != given:
        fail(f"Two different runs are named, {run!r} and {given!r}; name one.")
    found = find_run(open_for_reading(store), run or given)
    if as_json:
        print_json(found.to_dictionary())
        return
    info = found.info
    rows: list[tuple[str, object]] = [
        ("Run", info.run_id),
        ("Name", info.run_name),
        ("Status", info.status + (f" ({info.cause})" if info.cause else "")),
        ("Experiment", info.experiment_id),
        ("User", info.user_id),
        ("Started", moment(info.start_time)),
        ("Took", span(info.start_time, info.end_time)),
        ("Artifacts", info.artifact_uri),
    ]
    rows += [("Parent", info.parent_run_id)] if info.parent_run_id else []
    rows += [("Stage", info.lifecycle_stage)] if info.lifecycle_stage != "active" else []
    print_table(["", ""], rows)
    if found.data.summaries:
        metrics = [
            (key, one.last, one.last_step, one.min, one.max, one.mean, one.count)
            for key, one in sorted(found.data.summaries.items())
        ]
        heads = ["Metric", "Last", "Step", "Min", "Max", "Mean", "Points"]
        print_table(heads, metrics, right=heads[1:])
    if found.data.params:
        print_table(["Param", "Value"], sorted(found.data.params.items()))
    if found.data.tags:
        print_table(["Tag", "Value"], sorted(found.data.tags.items()))
    if found.inputs.dataset_inputs:
        datasets = [
            (one.dataset.name, one.dataset.digest, ", ".join(tag.value for tag in one.tags))
            for one in found.inputs.dataset_inputs
        ]
        print_table(["Dataset", "Digest", "Used for"], datasets)
