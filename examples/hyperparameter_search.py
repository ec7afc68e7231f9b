"""Random search, a run for each try, and the questions that come after: which was best, and was it luck?"""

import random

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import runstone

X, y = load_breast_cancer(return_X_y=True)
X_train, X_valid, y_train, y_valid = train_test_split(X, y, test_size=0.3, random_state=1, stratify=y)
runstone.set_experiment("breast-cancer")
draw = random.Random(0)

for _ in range(12):
    regularisation = 10 ** draw.uniform(-4, 3)
    with runstone.start_run():
        runstone.log_params({"C": f"{regularisation:.3g}", "solver": "lbfgs"})
        model = make_pipeline(StandardScaler(), LogisticRegression(C=regularisation, max_iter=2000))
        model.fit(X_train, y_train)
        runstone.log_metric("train_accuracy", model.score(X_train, y_train))
        runstone.log_metric("valid_accuracy", model.score(X_valid, y_valid))

# Beyond mlflow's grammar: OR, parentheses, NOT.
good = runstone.search_runs(
    experiment_names=["breast-cancer"],
    filter_string="metrics.valid_accuracy > 0.95 and not (metrics.train_accuracy = 1 or params.solver != 'lbfgs')",
    order_by=["metrics.valid_accuracy DESC", "start_time ASC"],
    output_format="list",
)
print(f"{len(good)} of 12 runs are above 0.95 without fitting the training data perfectly")
for run in good[:3]:
    print(f"  {run.info.run_name:<24} C={run.data.params['C']:<10} {run.data.metrics['valid_accuracy']:.4f}")
