"""A project in a git repository: run it, change it, see what changed, get the first run back, and do no work twice.

python project_got_back.py
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import runstone
from runstone.projects.evidence import changed, evidence
from runstone.projects.reproduce import in_words, reproduce


def git(folder: Path, *command: str) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", folder, *who, *command], check=True, capture_output=True)


repository = Path(tempfile.mkdtemp()) / "forest"
shutil.copytree(Path(__file__).parent / "forest", repository)
git(repository, "init")
git(repository, "add", ".")
git(repository, "commit", "-m", "The lecture's forest")

# the project as of a branch; the script in it says `import mlflow`
first = runstone.projects.run(str(repository), version="main", parameters={"trees": 30})
print(f"first: {first.get_status()}")

# somebody makes the problem harder, and does not commit it
script = repository / "train.py"
script.write_text(script.read_text().replace("n_features=20", "n_features=20, flip_y=0.3"))
second = runstone.projects.run(str(repository), parameters={"trees": 30})

difference = changed(evidence(first.run_id), evidence(second.run_id))
print(f"what changed: {', '.join(difference.changed)}")
print(*[line for line in difference.layer("code").text.splitlines() if line.startswith("+X, y")], sep="\n")

print(in_words(reproduce(first.run_id)))

for turn in ("first", "second"):
    with runstone.cached_run({"trees": 30}) as run:
        print(f"worked in the {turn} turn")
        runstone.log_metric("accuracy", runstone.get_run(first.run_id).data.metrics["accuracy"])
print(f"kept: {run.info.run_id == runstone.search_runs(output_format='list')[0].info.run_id}")
