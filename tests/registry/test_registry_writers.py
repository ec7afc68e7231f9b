"""Several writers at once: every version has a number of its own, and one of two namesakes wins."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from registry_rest import RUN, Ask

from runstone import connect
from runstone.contracts import Batch, Store
from runstone.records import RegisteredModelCreated

WRITER = """
import json, sys
from runstone import MlflowClient
client = MlflowClient(sys.argv[1])
print(json.dumps([client.create_model_version("wine", f"runs:/{sys.argv[2]}/model").version for _ in range(10)]))
"""


def test_processes_get_numbers_of_their_own(store: Store, run: str, folder: Path) -> None:
    store.write(Batch([RegisteredModelCreated("k", "wine", 1)]))
    connect.close_all()
    command = [sys.executable, "-c", WRITER, str(folder), run]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    numbers = [int(number) for writer in writers for number in json.loads(writer.communicate(timeout=60)[0])]
    assert sorted(numbers) == list(range(1, 31))


def test_clients_get_numbers_of_their_own(ask: Ask, run: str) -> None:
    ask("POST", "registered-models/create", name="wine")

    def create(_: int) -> str:
        made = ask("POST", "model-versions/create", name="wine", source=f"runs:/{RUN}/model")
        return str(made["model_version"]["version"])

    with ThreadPoolExecutor(6) as clients:
        assert sorted(map(int, clients.map(create, range(24)))) == list(range(1, 25))


def test_one_of_many_makes_the_model_and_the_others_are_told(ask: Ask) -> None:
    with ThreadPoolExecutor(6) as clients:
        answers = list(clients.map(lambda _: ask("POST", "registered-models/create", name="wine"), range(6)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400, 400]
    assert {answer.get("error_code") for answer in answers if answer.status == 400} == {"RESOURCE_ALREADY_EXISTS"}


def test_a_stage_is_given_to_one_when_two_are_promoted_at_once(ask: Ask, run: str) -> None:
    ask("POST", "registered-models/create", name="wine")
    for _ in range(6):
        ask("POST", "model-versions/create", name="wine", source=f"runs:/{RUN}/model")

    def promote(number: int) -> int:
        move = {"name": "wine", "version": str(number), "stage": "Production", "archive_existing_versions": True}
        return int(ask("POST", "model-versions/transition-stage", **move).status)

    with ThreadPoolExecutor(6) as clients:
        assert set(clients.map(promote, range(1, 7))) == {200}
    found = ask("GET", "model-versions/search", filter="current_stage = 'Production'")["model_versions"]
    assert len(found) == 1
