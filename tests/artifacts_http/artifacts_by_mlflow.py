"""Run by a Python that has mlflow: artifacts up and down through the server at argv[1]; prints what came back."""

import hashlib
import json
import os
import sys
import tempfile

import mlflow
from mlflow.tracking import MlflowClient

url, parts = sys.argv[1], sys.argv[2] == "parts"
mlflow.set_tracking_uri(url)
mlflow.set_experiment(f"peer-{os.getpid()}")
client = MlflowClient()
folder = tempfile.mkdtemp()
os.makedirs(f"{folder}/tree/sub")
for name in ("a.txt", "sub/ü b.txt", "sub/c (1).bin"):
    with open(f"{folder}/tree/{name}", "w") as file:
        file.write(name)
size = (12 << 20) if parts else (3 << 20)
with open(f"{folder}/big.bin", "wb") as file:
    file.write(os.urandom(size))
with mlflow.start_run() as run:
    mlflow.log_artifacts(f"{folder}/tree", "tree")
    mlflow.log_artifact(f"{folder}/big.bin", "data")
    mlflow.log_text("text", "notes/t.txt")
    mlflow.log_dict({"a": 1}, "d.json")
run_id = run.info.run_id
down = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="", dst_path=f"{folder}/down")
one = mlflow.artifacts.download_artifacts(f"runs:/{run_id}/data/big.bin", dst_path=f"{folder}/one")


def digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


walked = sorted(os.path.relpath(os.path.join(at, name), down) for at, _, names in os.walk(down) for name in names)
listed = {
    path: [[info.path, info.is_dir, info.file_size] for info in client.list_artifacts(run_id, path)]
    for path in ("", "tree", "tree/sub", "tree/a.txt", "nothing")
}
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository  # noqa: E402

get_artifact_repository(run.info.artifact_uri).delete_artifacts("tree/sub")
left = [info.path for info in client.list_artifacts(run_id, "tree")]
try:
    mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="no/such.txt", dst_path=folder)
    missing = "found"
except Exception as error:
    missing = type(error).__name__
print(
    json.dumps(
        {
            "uri": run.info.artifact_uri,
            "walked": walked,
            "same": digest(f"{folder}/big.bin") == digest(one) == digest(f"{down}/data/big.bin"),
            "text": mlflow.artifacts.load_text(f"runs:/{run_id}/notes/t.txt"),
            "dict": mlflow.artifacts.load_dict(f"runs:/{run_id}/d.json"),
            "listed": listed,
            "left": left,
            "missing": missing,
        }
    )
)
