"""Decompression bombs, and bodies that grow where they are read: refused before they are unpacked, in bounded memory."""

from __future__ import annotations

import gzip
import resource
import sys
import tracemalloc
import zlib
from typing import Any

import pytest

from runstone.wire_store import MEDIA_TYPE, UNPACKED_CAP

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

OWN = "/api/runstone/v1"


def zeros(size: int) -> bytes:
    """That many, packed with zstd to next to nothing."""
    packer = zstd.ZstdCompressor()
    piece = bytes(1 << 20)
    return b"".join(packer.compress(piece) for _ in range(size >> 20)) + packer.flush()


@pytest.mark.parametrize("path", ["ingest", "store/search_runs"])
def test_zstd_is_unpacked_only_as_far_as_it_may_be(victim: Any, path: str) -> None:
    bomb = zeros(8 * UNPACKED_CAP if UNPACKED_CAP <= 1 << 28 else 2 * UNPACKED_CAP)
    assert len(bomb) < 1 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = victim.client.post(f"{OWN}/{path}", content=bomb, headers={"content-type": MEDIA_TYPE})
    assert answer.status_code in (400, 413), answer.text
    if path == "ingest":
        assert f"{UNPACKED_CAP:,}" in answer.json()["message"]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    assert grown < 2.5 * UNPACKED_CAP


def test_packed_json_is_not_unpacked_at_all(victim: Any) -> None:
    body = gzip.compress(b'{"name": "' + b"a" * (64 << 20) + b'"}')
    tracemalloc.start()
    try:
        for path in ("/api/2.0/mlflow/experiments/create", f"{OWN}/experiments"):
            for kind, data in (
                ("gzip", body),
                ("deflate", zlib.compress(b"{}")),
                ("br", b"x"),
                ("zstd", zeros(64 << 20)),
                ("gzip, gzip", body),
            ):
                headers = {"content-type": "application/json", "content-encoding": kind}
                answer = victim.client.post(path, content=data, headers=headers)
                assert answer.status_code in (400, 415), (path, kind, answer.status_code)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_a_packed_artifact_stays_packed(victim: Any) -> None:
    data = gzip.compress(bytes(10 << 20))
    headers = {"content-encoding": "gzip"}
    assert victim.client.put(f"{victim.place}/bomb.gz", content=data, headers=headers).status_code == 200
    assert victim.client.get(f"{victim.place}/bomb.gz").content == data


@pytest.mark.parametrize("kind", ["[", '{"a":', '[{"a":'])
def test_depth_is_no_way_to_the_stack(victim: Any, kind: str) -> None:
    body = (kind * 200_000).encode()
    for path in (
        "/api/2.0/mlflow/runs/search",
        "/api/2.0/mlflow/traces",
        f"{OWN}/runs/table",
        "/api/2.0/mlflow-artifacts/mpu/create/x",
    ):
        answer = victim.client.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 404, 405), (path, answer.status_code)
    deep = "(" * 50_000 + "metrics.a > 1" + ")" * 50_000
    answer = victim.client.post("/api/2.0/mlflow/runs/search", json={"experiment_ids": ["0"], "filter": deep})
    assert answer.status_code == 400


def test_a_million_of_something_is_refused_clearly(victim: Any) -> None:
    """A batch of 10^6 has a limit of its own, below the size of a body: one sentence with the number that would work."""
    metric = b'{"key":"m","value":1,"timestamp":1,"step":1}'
    for count, status in ((1_000_000, 413), (200_000, 400), (1_001, 400)):
        body = b'{"run_id":"%s","metrics":[%s]}' % (victim.run_id.encode(), b",".join([metric] * count))
        answer = victim.client.post("/api/2.0/mlflow/runs/log-batch", content=body)
        assert answer.status_code == status, (count, answer.status_code, answer.text[:300])
        assert "1000" in answer.text or "bytes" in answer.text
    assert (
        victim.client.get("/api/2.0/mlflow/metrics/get-history", params={"run_id": victim.run_id, "metric_key": "m"}).json()[
            "metrics"
        ]
        == []
    )
