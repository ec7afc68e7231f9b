"""A training process is killed in the middle of its work. Nothing that it logged is lost.

The child below is killed with SIGKILL, which no program can catch, right after its last `log_metric`. What it logged lies
in its journal; `runstone sync` (or the next run in this store, or the server when it starts) brings it in.
"""

import os
import signal
import subprocess
import sys

import runstone

TRAINING = """
import os, signal, runstone
runstone.set_experiment("crashes")
run = runstone.start_run(run_name="killed")
print(run.info.run_id, flush=True)
runstone.log_param("learning_rate", 0.01)
for step in range(10_000):
    runstone.log_metric("loss", 1 / (1 + step), step=step)
os.kill(os.getpid(), signal.SIGKILL)
"""

child = subprocess.run([sys.executable, "-c", TRAINING], stdout=subprocess.PIPE, text=True, env=dict(os.environ), check=False)
assert child.returncode == -signal.SIGKILL
run_id = child.stdout.strip()

subprocess.run([sys.executable, "-m", "runstone.cli.main", "sync"], check=True)

history = runstone.MlflowClient().get_metric_history(run_id, "loss")
print(f"points logged before the kill: 10,000; in the store: {len(history):,}")
assert [point.step for point in history] == list(range(10_000))
assert runstone.get_run(run_id).data.params == {"learning_rate": "0.01"}
