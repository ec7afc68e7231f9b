"""Train, evaluate against the champion, promote by a rule, serve; and what is served follows the alias.

python examples/champion_served.py
"""

import json
import subprocess
import sys
import time
import urllib.request

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import runstone as mlflow

NAME = "cancer"
x, y = load_breast_cancer(return_X_y=True, as_frame=True)
train_x, test_x, train_y, test_y = train_test_split(x, y, random_state=0)


def train(trees: int, depth: int) -> None:
    """One run: a forest, its figures on data that it has not seen, the next version of the registered model."""
    with mlflow.start_run():
        forest = RandomForestClassifier(trees, max_depth=depth, random_state=0).fit(train_x, train_y)
        info = mlflow.sklearn.log_model(forest, name="model", input_example=train_x.head(2), registered_model_name=NAME)
        told = mlflow.evaluate(info.model_uri, test_x.assign(target=test_y), targets="target", model_type="classifier")
        print(f"{trees} trees: accuracy {told.metrics['accuracy_score']:.3f}")


def version_served() -> str:
    """Which version answers now."""
    rows = {"dataframe_split": {"columns": list(test_x), "data": test_x.head(1).values.tolist()}}
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{address}/invocations", json.dumps(rows).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return str(answer.headers["x-model-version"])


mlflow.set_experiment("champion")
train(trees=1, depth=1)
mlflow.MlflowClient().set_registered_model_alias(NAME, "champion", "1")
words = ["models", "serve", "-m", f"models:/{NAME}@champion", "-p", "0", "--follow-alias", "--follow-every", "0.2"]
server = subprocess.Popen([sys.executable, "-m", "runstone.cli.main", *words], stderr=subprocess.PIPE, text=True)
try:
    assert server.stderr is not None
    line = next(line for line in server.stderr if " answers at " in line)
    address = line.split()[-1].removesuffix("/invocations")
    print("served:", version_served())
    train(trees=30, depth=8)
    decision = mlflow.promote(NAME, "metrics.accuracy_score > champion + 0.005")
    print(decision)
    while version_served() != "2":
        time.sleep(0.1)
    print("served:", version_served())
finally:
    server.terminate()
    server.communicate()
