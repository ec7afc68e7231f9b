"""A project's command as a Kubernetes Job, by kubectl, with MLflow's configuration: ``kube-context``, ``repository-uri`` and
``kube-job-template-path``. The manifest's fields are those of the batch/v1 API."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from runstone.errors import ExecutionException, InvalidValue, NotSupported
from runstone.projects import docker

from .following import OVER, QUEUED, RUNNING, State, Work, known, seconds, text
from .local import cause_of

KEYS = ("kube-context", "kube-job-template-path", "repository-uri", "namespace", "poll_seconds")
_FRACTION = re.compile(r"\.\d+")
#: Pods whose image or configuration cannot be had wait for ever; these reasons are an end.
_HOPELESS = {"ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError"}
#: These may pass: a registry is away, an image is being pushed, a node has its limit of pulls. So many seconds they may last.
_PASSING, PULLING = {"ImagePullBackOff", "ErrImagePull", "RegistryUnavailable"}, 300.0


def check(config: Mapping[str, Any]) -> None:
    """Raises InvalidValue for what makes no sense, NotSupported where kubectl is not."""
    known(config, "kubernetes", KEYS)
    seconds(config, 2.0)
    for key in KEYS[:-1]:
        text(config, key)
    template(config)
    if shutil.which("kubectl") is None:
        raise NotSupported("The back end 'kubernetes' needs kubectl on the PATH, with a context that reaches the cluster.")


def template(config: Mapping[str, Any]) -> dict[str, Any]:
    """The Job that the file at ``kube-job-template-path`` describes; an empty one without. Raises InvalidValue."""
    named = text(config, "kube-job-template-path")
    if not named:
        return {}
    try:
        found = yaml.safe_load(Path(named).expanduser().read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as cause:
        raise InvalidValue(f"kube-job-template-path {named!r} cannot be read as YAML: {cause}") from cause
    if not isinstance(found, dict) or found.get("kind", "Job") != "Job":
        raise InvalidValue(f"kube-job-template-path {named!r} must describe one object of kind Job (apiVersion batch/v1).")
    return found


def manifest(work: Work, image: str) -> dict[str, Any]:
    """The Job: the template, with name, image, command and variables of this run. Raises InvalidValue."""
    job = copy.deepcopy(template(work.config))
    job.setdefault("apiVersion", "batch/v1")
    job["kind"] = "Job"
    metadata = _inner(job, "metadata")
    metadata["name"] = name(work)
    if text(work.config, "namespace"):
        metadata["namespace"] = text(work.config, "namespace")
    _inner(metadata, "labels")["runstone.run"] = work.run_id
    spec = _inner(job, "spec")
    spec.setdefault("backoffLimit", 0)
    pod = _inner(_inner(spec, "template"), "spec")
    pod.setdefault("restartPolicy", "Never")
    containers = pod.setdefault("containers", [{}])
    if not isinstance(containers, list) or not containers or not isinstance(containers[0], dict):
        raise InvalidValue("kube-job-template-path: spec.template.spec.containers must be a list of at least one container.")
    main = containers[0]
    main["name"] = name(work)[:63]
    main["image"] = image
    # Kubernetes fills in ``$(NAME)`` and reads ``$$`` as ``$``: doubled, every ``$`` is itself
    main["command"] = ["bash", "-c", work.command.text.replace("$", "$$")]
    told = [{"name": key, "value": value.replace("$", "$$")} for key, value in work.told.items()]
    main["env"] = [*(main.get("env") or []), *told]
    return job


def name(work: Work) -> str:
    """Of the Job: the project's name and the run's beginning, as Kubernetes wants names."""
    plain = re.sub(r"[^a-z0-9]+", "-", work.name.lower()).strip("-")[:40].strip("-") or "project"
    return f"{plain}-{work.run_id[:12].lower()}"


def submit(work: Work) -> KubernetesJob:
    """Make the Job. Raises InvalidValue for a project or a store that a pod has no use for."""
    if not work.told.get("RUNSTONE_TRACKING_URI", "").startswith("http"):
        raise InvalidValue(
            "A pod cannot open the store "
            f"{work.told.get('RUNSTONE_TRACKING_URI')!r}: start `runstone server` and name its address by --store."
        )
    if not work.docker:
        raise InvalidValue("A project for Kubernetes needs a docker_env with the image to run in.")
    job = manifest(work, _image(work))
    place = {**work.config, "namespace": str(job["metadata"].get("namespace") or "")}
    made = find(job["metadata"]["name"], work.run_id, place)
    made.create(job)
    return made


def find(job_id: str, run_id: str, place: Mapping[str, Any]) -> KubernetesJob:
    """The Job of this name."""
    return KubernetesJob(job_id, text(place, "kube-context"), text(place, "namespace"), seconds(place, 2.0))


class KubernetesJob:
    """See :class:`~.following.Job`. ``context`` and ``namespace`` are kubectl's own where they are empty."""

    def __init__(self, job_id: str, context: str, namespace: str, every: float) -> None:
        self.job_id, self.every = job_id, every
        self.hear_every = min(1.0, every)  # each question is a process of kubectl and a request
        self.place: Mapping[str, Any] = {"kube-context": context, "namespace": namespace, "poll_seconds": every}
        self._kubectl = ["kubectl"]
        for option, value in (("--context", context), ("--namespace", namespace)):
            self._kubectl += [option, value] if value else []
        self._pulling: float | None = None
        self._since, self._seen = "", Counter[bytes]()

    def create(self, job: Mapping[str, Any]) -> None:
        """Make it of a manifest."""
        self._call("create", "-f", "-", given=json.dumps(job))

    def state(self) -> State:
        job = self._read("job", self.job_id)
        pods = self._read("pods", "--selector", f"job-name={self.job_id}").get("items") or []
        pods.sort(key=lambda one: one["metadata"].get("creationTimestamp") or "")
        pod = pods[-1] if pods else {}
        node = str((pod.get("spec") or {}).get("nodeName") or "")
        for one in (job.get("status") or {}).get("conditions") or []:
            if one.get("status") == "True" and one.get("type") == "Complete":
                return State(OVER, node)
            if one.get("status") == "True" and one.get("type") == "Failed":
                return State(OVER, node, status="FAILED", cause=_why(pod) or str(one.get("message") or one.get("reason")))
        phase = (pod.get("status") or {}).get("phase")
        if phase == "Running":
            return State(RUNNING, node)
        waiting = _waiting(pod)
        if waiting.get("reason") in _HOPELESS or self._in_vain(waiting):
            self.terminate()
            return State(OVER, node, status="FAILED", cause=f"{waiting['reason']}: {waiting.get('message', '')}".strip(": "))
        return State(QUEUED, why=str(waiting.get("reason") or _unscheduled(pod)))

    def _in_vain(self, waiting: Mapping[str, Any]) -> bool:
        """Whether its image could not be had for too long; trying again, for a moment, begins no new count."""
        if waiting.get("reason") not in {*_PASSING, "ContainerCreating"}:
            self._pulling = None
        elif self._pulling is None and waiting["reason"] in _PASSING:
            self._pulling = time.monotonic()
        return self._pulling is not None and waiting["reason"] in _PASSING and time.monotonic() - self._pulling > PULLING

    def printed(self) -> list[tuple[str, bytes]]:
        """Asked from the second of the last line on; what was seen of that second is left out, and all before it: not every
        node's agent looks at what was asked."""
        since = [f"--since-time={self._since}"] if self._since else []
        done = self._run("logs", f"job/{self.job_id}", "--timestamps", *since)
        # a time stands after a newline alone: a progress bar's carriage returns are within its line
        lines = [line + b"\n" for line in done.stdout.removesuffix(b"\n").split(b"\n")] if done.stdout else []
        lines = [line for line in lines if line[:19] >= self._since[:19].encode()]
        if done.returncode or not lines:  # not begun, or gone
            return []
        known_ones, found = self._seen.copy(), []
        for line in lines:
            if known_ones[line] > 0:
                known_ones[line] -= 1
            else:
                found.append(line.partition(b" ")[2])
        second = lines[-1][:19]
        self._seen = Counter(line for line in lines if line.startswith(second))
        self._since = _FRACTION.sub("", lines[-1].partition(b" ")[0].decode("ascii", "replace"))
        return [("stdout", b"".join(found))] if found else []

    def terminate(self) -> None:
        # Kubernetes sends SIGTERM, and SIGKILL after the pod's grace
        self._call("delete", "job", self.job_id, "--wait=false", "--ignore-not-found", "--cascade=foreground")

    def kill(self) -> None:
        self._call("delete", "pods", "--selector", f"job-name={self.job_id}", "--grace-period=0", "--force")

    def discard(self) -> None:
        """The Job stays, for ``kubectl describe``; ``ttlSecondsAfterFinished`` of the template removes it."""

    def _read(self, *what: str) -> dict[str, Any]:
        done = self._run("get", *what, "--output=json")
        if done.returncode and b"NotFound" in done.stderr:
            return {"status": {"conditions": [{"type": "Failed", "status": "True", "message": "the Job was deleted"}]}}
        if done.returncode:
            raise ExecutionException(_words(done))
        found = json.loads(done.stdout)
        return found if isinstance(found, dict) else {}

    def _call(self, *what: str, given: str = "") -> None:
        done = self._run(*what, given=given)
        if done.returncode:
            raise ExecutionException(_words(done))

    def _run(self, *what: str, given: str = "") -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run([*self._kubectl, *what], input=given.encode(), capture_output=True, timeout=120, check=False)
        except (OSError, subprocess.TimeoutExpired) as cause:
            raise ExecutionException(f"kubectl could not be run: {cause}") from cause


def _image(work: Work) -> str:
    """The image to run: the project's own, made and pushed where a repository for it is named."""
    assert work.docker is not None
    repository = text(work.config, "repository-uri")
    if not repository and not work.build_image:
        return str(work.docker["image"])
    if not repository:
        raise InvalidValue("--build-image for Kubernetes needs 'repository-uri' in backend_config, where the image is pushed.")
    return docker.push(docker.build(work.docker, work.folder, work.name), f"{repository}:{work.run_id[:12]}")


def _inner(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    found = mapping.setdefault(key, {})
    if not isinstance(found, dict):
        raise InvalidValue(f"kube-job-template-path: {key!r} must be a mapping; it is {found!r}.")
    return found


def _containers(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one.get("state") or {} for one in (pod.get("status") or {}).get("containerStatuses") or []]


def _waiting(pod: Mapping[str, Any]) -> dict[str, Any]:
    return next((dict(one["waiting"]) for one in _containers(pod) if one.get("waiting")), {})


def _why(pod: Mapping[str, Any]) -> str | None:
    """How the container ended."""
    for one in _containers(pod):
        if ended := one.get("terminated"):
            reason = ended.get("reason")
            words = cause_of(int(ended.get("exitCode", 1)))
            return f"{words} ({reason})" if reason not in (None, "Error", "Completed") else words
    return None


def _unscheduled(pod: Mapping[str, Any]) -> str:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return next((str(one.get("message") or "") for one in conditions if one.get("reason") == "Unschedulable"), "")


def _words(done: subprocess.CompletedProcess[bytes]) -> str:
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return f"kubectl: {said[-1] if said else f'exit code {done.returncode}'}"
