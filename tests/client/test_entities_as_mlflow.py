"""What is read back looks like MLflow's: printed by name, and a dict of its fields where one is asked for."""

from __future__ import annotations

import pickle

import pytest

import runstone
from runstone.entities import FileInfo, Metric, Param, RunInfo


def test_entities_are_printed_by_name_with_their_fields_in_order() -> None:
    assert repr(Param("a", "b")) == "<Param: key='a', value='b'>"
    assert repr(FileInfo("x", True)) == "<FileInfo: file_size=None, is_dir=True, path='x'>"
    with runstone.start_run(run_name="first") as run:
        runstone.log_param("depth", 3)
    text = repr(runstone.get_run(run.info.run_id))
    assert text.startswith("<Run: data=<RunData: metrics={}, params={'depth': '3'}, tags={")
    assert f"run_id='{run.info.run_id}', run_name='first', start_time=" in text
    assert text.endswith("inputs=<RunInputs: dataset_inputs=[], model_inputs=[]>, outputs=<RunOutputs: model_outputs=[]>>")
    assert repr(run).startswith("<ActiveRun: data=")


def test_an_entity_is_a_dict_of_its_fields() -> None:
    metric = Metric("loss", 0.5, 1000, 3)
    assert dict(metric)["value"] == 0.5
    assert list(dict(metric)) == sorted(dict(metric))
    with runstone.start_run() as run:
        runstone.log_metric("loss", 0.5)
    read = runstone.get_run(run.info.run_id)
    assert dict(read.info)["run_id"] == run.info.run_id
    assert dict(read.data)["metrics"] == {"loss": 0.5}
    assert dict(read)["info"] == read.info
    assert dict(runstone.get_experiment("0"))["name"] == "Default"


def test_an_entity_is_made_of_a_dict_and_leaves_out_what_it_has_no_field_for() -> None:
    with runstone.start_run() as run:
        pass
    info = runstone.get_run(run.info.run_id).info
    assert RunInfo.from_dictionary({**dict(info), "colour": "red"}) == info
    assert Metric.from_dictionary(Metric("a", 1.0, 2, 3).to_dictionary()) == Metric("a", 1.0, 2, 3)


@pytest.mark.parametrize("entity", [Metric("a", 1.0, 2, 3), Param("a", "b")])
def test_entities_are_values(entity: object) -> None:
    again = pickle.loads(pickle.dumps(entity))
    assert again == entity
    assert hash(again) == hash(entity)
