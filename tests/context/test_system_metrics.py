"""System metrics: keys, averages, steps, and an end."""

from __future__ import annotations

import os
import sys
import threading
import types
from collections.abc import Iterator, Mapping

import psutil
import pytest

from runstone.client import gpus, notices, system_settings
from runstone.client.system_metrics import Machine, Monitor, averages
from runstone.errors import InvalidValue

MLFLOW_KEYS = {
    "cpu_utilization_percentage", "system_memory_usage_megabytes", "system_memory_usage_percentage", "disk_usage_percentage",
    "disk_usage_megabytes", "disk_available_megabytes", "network_receive_megabytes", "network_transmit_megabytes",
}  # fmt: skip


class Log:
    """Keeps what a monitor logs, and lets a test wait for it."""

    def __init__(self) -> None:
        self.points: list[tuple[dict[str, float], int]] = []
        self.changed = threading.Condition()

    def __call__(self, values: Mapping[str, float], step: int) -> None:
        with self.changed:
            self.points.append((dict(values), step))
            self.changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.points) >= count, 30)


def test_a_sample_has_mlflows_keys_and_sane_values() -> None:
    sample = Machine().sample()
    assert sample.keys() >= MLFLOW_KEYS
    assert 0 <= sample["system_memory_usage_percentage"] <= 100
    assert sample["system_memory_usage_megabytes"] * 1e6 <= psutil.virtual_memory().total
    assert sample["process_memory_megabytes"] > 1
    assert sample["process_threads"] >= 1


def test_points_come_with_rising_steps_under_system() -> None:
    before = set(threading.enumerate())
    log = Log()
    monitor = Monitor(log, first_step=7, interval=0.01, samples=1)
    monitor.start()
    log.wait_for(3)
    monitor.stop()
    assert [step for _, step in log.points[:3]] == [7, 8, 9]
    assert {"system/" + key for key in MLFLOW_KEYS} <= log.points[0][0].keys()
    count = len(log.points)
    assert set(threading.enumerate()) <= before
    assert len(log.points) == count


def test_a_run_shorter_than_the_interval_has_one_point() -> None:
    log = Log()
    monitor = Monitor(log, interval=600)
    monitor.start()
    monitor.stop()
    assert [step for _, step in log.points] == [0]


def test_several_samples_make_one_point_and_the_rest_makes_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def sample(self: Machine) -> dict[str, float]:
        taken.append(1)
        return {"x": float(len(taken))}

    monkeypatch.setattr(Machine, "sample", sample)
    log = Log()
    monitor = Monitor(log, interval=0.01, samples=3)
    monitor.start()
    log.wait_for(2)
    monitor.stop()
    assert [values["system/x"] for values, _ in log.points[:2]] == [2.0, 5.0]
    assert sum(1 for _ in log.points) == -(-len(taken) // 3)


def test_the_node_stands_inside_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_NODE_ID", "n7")
    log = Log()
    monitor = Monitor(log, interval=0.01)
    monitor.start()
    log.wait_for(1)
    monitor.stop()
    assert all(key.startswith("system/n7/") for key in log.points[0][0])


def test_a_log_that_refuses_ends_the_monitor_with_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    notices.forget()

    def refuse(values: Mapping[str, float], step: int) -> None:
        raise OSError("journal full")

    monitor = Monitor(refuse, interval=0.01)
    monitor.start()
    assert monitor._thread is not None
    monitor._thread.join(30)
    assert not monitor._thread.is_alive()
    monitor.stop()
    assert "system metrics of this run end here: OSError: journal full" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # there are threads, on purpose
def test_stopping_in_a_forked_child_does_not_wait_for_the_parents_thread() -> None:
    monitor = Monitor(Log(), interval=60)
    monitor.start()
    child = os.fork()
    if child == 0:
        monitor.stop()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    monitor.stop()


def test_averages_keep_keys_that_come_and_go() -> None:
    assert averages([{"a": 1.0, "b": 4.0}, {"a": 3.0}]) == {"a": 2.0, "b": 4.0}


def test_the_switches_set_what_a_monitor_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    from runstone import settings

    system_settings.enable_system_metrics_logging()
    assert settings.LOG_SYSTEM_METRICS.get() is True
    system_settings.disable_system_metrics_logging()
    assert settings.LOG_SYSTEM_METRICS.get() is False
    system_settings.set_system_metrics_sampling_interval(0.5)
    system_settings.set_system_metrics_samples_before_logging(4)
    system_settings.set_system_metrics_node_id("a")
    assert settings.SYSTEM_METRICS_INTERVAL.get() == 0.5
    assert settings.SYSTEM_METRICS_SAMPLES.get() == 4
    assert settings.SYSTEM_METRICS_NODE.get() == "a"
    system_settings.set_system_metrics_sampling_interval(None)
    system_settings.set_system_metrics_samples_before_logging(None)
    system_settings.set_system_metrics_node_id(None)
    assert settings.SYSTEM_METRICS_INTERVAL.get() == 10.0
    assert settings.SYSTEM_METRICS_SAMPLES.get() == 1
    assert settings.SYSTEM_METRICS_NODE.get() == ""


@pytest.mark.parametrize("interval", [0, -1, float("nan"), float("inf"), "10", True])
def test_a_bad_interval_is_refused(interval: object) -> None:
    with pytest.raises(InvalidValue, match="interval"):
        system_settings.set_system_metrics_sampling_interval(interval)  # type: ignore[arg-type]


@pytest.mark.parametrize("samples", [0, -1, 1.5, "2", True])
def test_a_bad_number_of_samples_is_refused(samples: object) -> None:
    with pytest.raises(InvalidValue, match="samples"):
        system_settings.set_system_metrics_samples_before_logging(samples)  # type: ignore[arg-type]


# --- GPUs: no machine that runs these tests has one, so the driver's library is played ----------------------------------


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[types.ModuleType]:
    """A ``pynvml`` with two GPUs, of which the second will not tell its power."""
    nvml = types.ModuleType("pynvml")

    class NVMLError(Exception):
        pass

    def power(handle: int) -> int:
        if handle == 1:
            raise NVMLError("not supported")
        return 350_000

    nvml.NVMLError = NVMLError  # type: ignore[attr-defined]
    nvml.nvmlInit = lambda: None  # type: ignore[attr-defined]
    nvml.nvmlDeviceGetCount = lambda: 2  # type: ignore[attr-defined]
    nvml.nvmlDeviceGetHandleByIndex = lambda index: index  # type: ignore[attr-defined]
    nvml.nvmlDeviceGetMemoryInfo = lambda handle: types.SimpleNamespace(used=20e9, total=80e9)  # type: ignore[attr-defined]
    nvml.nvmlDeviceGetUtilizationRates = lambda handle: types.SimpleNamespace(gpu=93)  # type: ignore[attr-defined]
    nvml.nvmlDeviceGetPowerUsage = power  # type: ignore[attr-defined]
    nvml.nvmlDeviceGetEnforcedPowerLimit = lambda handle: 700_000  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setattr(gpus, "DRIVERS", ("/",))
    gpus.forget()
    yield nvml
    gpus.forget()


def test_gpus_have_mlflows_keys(driver: types.ModuleType) -> None:
    sample = gpus.sample()
    assert sample["gpu_0_memory_usage_percentage"] == 25.0
    assert sample["gpu_0_memory_usage_megabytes"] == 20_000.0
    assert sample["gpu_0_utilization_percentage"] == 93.0
    assert sample["gpu_0_power_usage_watts"] == 350.0
    assert sample["gpu_0_power_usage_percentage"] == 50.0


def test_a_gpu_that_hides_something_still_tells_the_rest(driver: types.ModuleType) -> None:
    sample = gpus.sample()
    assert sample["gpu_1_utilization_percentage"] == 93.0
    assert "gpu_1_power_usage_watts" not in sample


def test_a_driver_that_fails_means_no_gpus(driver: types.ModuleType) -> None:
    def fails() -> None:
        raise driver.NVMLError("driver not loaded")

    driver.nvmlInit = fails  # type: ignore[attr-defined]
    assert gpus.sample() == {}


def test_the_real_library_without_a_driver_means_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pynvml")
    if any(os.path.exists(place) for place in gpus.DRIVERS):
        pytest.skip("there is a driver here")
    monkeypatch.setattr(gpus, "DRIVERS", ("/",))
    gpus.forget()
    assert gpus.sample() == {}
    gpus.forget()
