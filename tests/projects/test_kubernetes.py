"""A project as a Kubernetes Job: the manifest against the API's schema, and a Job's way as told by a kubectl that plays one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

import runstone
from runstone.errors import ExecutionException, InvalidValue, NotSupported
from runstone.projects.backends.following import Followed, Work
from runstone.projects.backends.kubernetes import check, find, manifest, submit
from runstone.projects.command import build

TEMPLATE = """
apiVersion: batch/v1
kind: Job
metadata: {name: "{replaced with MLflow Project name}", namespace: mlflow}
spec:
  ttlSecondsAfterFinished: 100
  backoffLimit: 2
  template:
    spec:
      containers:
        - name: "{replaced with MLflow Project name}"
          image: "{replaced with URI of Docker image created during Project execution}"
          command: ["{replaced with MLflow Project entry point command}"]
          env: [{name: DATA, value: /data}]
          resources: {limits: {memory: 512Mi}}
      restartPolicy: OnFailure
"""

#: What this kubectl is told is kept in ``asked``; what it answers stands in ``job``, ``pods`` and ``log``.
KUBECTL = """#!/bin/bash
echo "$@" >>asked
case "$*" in
  *create*) cat >created ;;
  *"get job"*) cat job ;;
  *"get pods"*) cat pods ;;
  *logs*) cat log 2>/dev/null || exit 1 ;;
  *delete*) echo '{"status": {"conditions": [{"type": "Failed", "status": "True"}]}}' >job ;;
esac
"""


def work(folder: Path, config: dict[str, Any], store: str = "http://tracking:5000") -> Work:
    command = build("python train.py {x}", {"x": "a $(HOME) $$ b"}, {})
    told = {"RUNSTONE_RUN_ID": "f" * 32, "RUNSTONE_TRACKING_URI": store, **command.variables}
    return Work([], command, folder, {}, told, config, "My Forest!", "f" * 32, docker={"image": "me/forest:1"})


@pytest.fixture
def template(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "job.yaml").write_text(TEMPLATE, "utf-8")
    return {"kube-job-template-path": str(tmp_path / "job.yaml"), "kube-context": "minikube", "poll_seconds": 0.05}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(KUBECTL, "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)

    def answer(pod: dict[str, Any], job: dict[str, Any] | None = None, log: str = "") -> None:
        for name, told in (("job", {"status": job or {}}), ("pods", {"items": [{"metadata": {}, **pod}]})):
            Path(name).write_text(json.dumps(told), "utf-8")
        if log:
            Path("log").write_text(log, "utf-8")

    return answer


def test_the_manifest_is_the_template_with_this_run(tmp_path: Path, template: dict[str, Any]) -> None:
    plain = manifest(work(tmp_path, {}), "me/forest:1")
    job = manifest(work(tmp_path, template), "registry/forest:ffff")
    for one in (plain, job):
        kubernetes_validate.validate(one, "1.30", strict=True)
    assert plain["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert job["metadata"] == {"name": "my-forest-ffffffffffff", "namespace": "mlflow", "labels": {"runstone.run": "f" * 32}}
    assert job["spec"]["backoffLimit"] == 2
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == {"limits": {"memory": "512Mi"}}
    assert container["image"] == "registry/forest:ffff"
    assert container["env"][0] == {"name": "DATA", "value": "/data"}
    told = {one["name"]: one["value"] for one in container["env"]}
    assert told["RUNSTONE_RUN_ID"] == "f" * 32
    # as Kubernetes reads it: $$ is $, so nothing of the value is filled in
    assert told["RUNSTONE_PARAM_1"] == "a $$(HOME) $$$$ b"
    assert container["command"] == ["bash", "-c", 'python train.py "$${RUNSTONE_PARAM_1}"']


@pytest.mark.parametrize("text", ["kind: Pod", "[1, 2]", "a: [", "spec: {template: {spec: {containers: []}}}", "spec: 3"])
def test_a_template_that_makes_no_sense_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "job.yaml").write_text(text, "utf-8")
    with pytest.raises(InvalidValue, match="kube-job-template-path"):
        manifest(work(tmp_path, {"kube-job-template-path": str(tmp_path / "job.yaml")}), "image")


def test_a_job_from_queue_to_end(tmp_path: Path, template: dict[str, Any], cluster: Callable[..., None]) -> None:
    cluster({"status": {"phase": "Pending", "conditions": [{"reason": "Unschedulable", "message": "0/3 nodes are available"}]}})
    job = submit(work(tmp_path, template))
    assert json.loads(Path("created").read_text("utf-8"))["metadata"]["name"] == job.job_id
    assert Path("asked").read_text("utf-8").startswith("--context minikube --namespace mlflow create -f -")
    assert (job.state().phase, job.state().why) == ("queued", "0/3 nodes are available")
    assert job.printed() == []
    assert job.place == {"kube-context": "minikube", "namespace": "mlflow", "poll_seconds": 0.05}
    again = find(job.job_id, "f" * 32, job.place)
    assert (again.state().why, again.place) == ("0/3 nodes are available", job.place)
    asked = Path("asked").read_text("utf-8").splitlines()
    assert asked[-2].startswith("--context minikube --namespace mlflow get job my-forest-ffffffffffff")
    first = "2026-01-01T10:00:00.000000001Z one\n2026-01-01T10:00:00.000000002Z two\n"
    cluster({"spec": {"nodeName": "n1"}, "status": {"phase": "Running"}}, log=first)
    assert (job.state().phase, job.state().node) == ("running", "n1")
    assert job.printed() == [("stdout", b"one\ntwo\n")]
    cluster({}, log=first + "2026-01-01T10:00:00.000000002Z two\n2026-01-01T10:00:03Z three\n")
    assert job.printed() == [("stdout", b"two\nthree\n")]
    assert "--since-time=2026-01-01T10:00:00Z" in Path("asked").read_text("utf-8")
    failed = {"conditions": [{"type": "Failed", "status": "True", "message": "backoff limit"}]}
    ended = {"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
    cluster({"status": {"phase": "Failed", "containerStatuses": [ended]}}, failed)
    assert (job.state().status, job.state().cause) == ("FAILED", "signal 9 (SIGKILL) (OOMKilled)")
    cluster({}, {"conditions": [{"type": "Complete", "status": "True"}]})
    assert (job.state().phase, job.state().status) == ("finished", "FINISHED")


def test_no_line_comes_twice_though_the_whole_log_is_given_again(tmp_path: Path, cluster: Callable[..., None]) -> None:
    cluster({})
    job, log = find("j", "r", {}), tmp_path / "log"
    for line, new in ((2, b"two\n"), (3, b"three\n"), (3, b"more\n"), (5, b"five\n")):
        with log.open("ab") as file:
            file.write(b"2026-01-01T00:00:0%d.500000000Z %s" % (line, new))
        assert job.printed() == [("stdout", new)]
        assert job.printed() == []


def test_a_progress_bar_is_one_line(tmp_path: Path, template: dict[str, Any], cluster: Callable[..., None]) -> None:
    bar = " 10%|# | 1/10\r 50%|## | 5/10\r100%|### | 10/10"
    cluster({}, log=f"2026-01-01T10:00:00.5Z {bar}\n")
    job = submit(work(tmp_path, template))
    assert job.printed() == [("stdout", f"{bar}\n".encode())]
    assert job.printed() == []
    assert "--since-time=2026-01-01T10:00:00Z" in Path("asked").read_text("utf-8")


def test_an_image_that_is_not_there_for_long_ends_it_and_a_stop_deletes_it(
    tmp_path: Path, template: dict[str, Any], cluster: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "me/forest:1 not found"}}}
    cluster({"status": {"phase": "Pending", "containerStatuses": [waits]}})
    job = submit(work(tmp_path, template))
    assert (job.state().phase, job.state().why) == ("queued", "ImagePullBackOff")  # the registry may be back soon
    monkeypatch.setattr("runstone.projects.backends.kubernetes.PULLING", -1.0)
    state = job.state()
    assert (state.status, state.cause) == ("FAILED", "ImagePullBackOff: me/forest:1 not found")

    from runstone.client.attended import attend

    cluster({"spec": {"nodeName": "n1"}, "status": {"phase": "Running"}})
    attended = attend()
    assert Followed(submit(work(tmp_path, template))).watch(attended, lambda: "cancelled") == ("KILLED", "cancelled")
    attended.end("KILLED", "cancelled")
    assert "delete job my-forest-ffffffffffff" in Path("asked").read_text("utf-8")
    assert runstone.get_run(attended.run_id).data.tags["runstone.job.id"] == "my-forest-ffffffffffff"


def test_what_is_missing_is_said(tmp_path: Path, cluster: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidValue, match="A pod cannot open the store '/tmp/store'"):
        submit(work(tmp_path, {}, store="/tmp/store"))
    Path("bin/kubectl").write_text("#!/bin/bash\necho 'Unable to connect to the server' >&2; exit 1\n", "utf-8")
    with pytest.raises(ExecutionException, match="kubectl: Unable to connect to the server"):
        submit(work(tmp_path, {}))
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(NotSupported, match="needs kubectl on the PATH"):
        check({})
    with pytest.raises(InvalidValue, match="'kube_context' means nothing to kubernetes"):
        check({"kube_context": "x"})
