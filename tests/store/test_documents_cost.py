"""Runs of one script have the same packages and sources: these are compressed once."""

from __future__ import annotations

from typing import Any

from runstone.connect import open_store
from runstone.contracts import Batch
from runstone.records import Document, RunStarted
from runstone.store import context

RUNS = [f"{number:032x}" for number in range(5)]
TEXTS = {"packages": "numpy==2\n" * 100, "sources": "é" * 1000}


def test_what_runs_share_is_compressed_once(new_store, monkeypatch):
    compressed: list[int] = []
    compress = context.compress

    def counted(data: bytes, *how: Any, **more: Any) -> bytes:
        compressed.append(len(data))
        return compress(data, *how, **more)

    monkeypatch.setattr(context, "compress", counted)
    context._framed.cache_clear()
    store = open_store(new_store())
    for run_id in RUNS:
        documents = [Document(run_id, name, "text/plain", text) for name, text in TEXTS.items()]
        store.write(Batch([RunStarted(run_id, "0", 1, "n"), *documents]))
    assert sorted(compressed) == [900, 2000]
    for run_id in RUNS:
        assert {one.name: one.text for one in store.documents(run_id)} == TEXTS

    long = "x" * (context._REMEMBERED + 1)  # too much to be kept in memory
    store.write(Batch([Document(run_id, "long", "text/plain", long) for run_id in RUNS]))
    assert len(compressed) == 7
    assert store.documents(RUNS[4])[0].text == long
    store.close()
