"""A search as one run with a child for each try: children are found through their parent."""

from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

import runstone

X, y = load_wine(return_X_y=True)
runstone.set_experiment("wine")

with runstone.start_run(run_name="hyperparam_search") as parent:
    for n_estimators in (10, 25, 50):
        with runstone.start_run(run_name=f"{n_estimators} trees", nested=True):
            runstone.log_param("n_estimators", n_estimators)
            scores = cross_val_score(RandomForestClassifier(n_estimators, random_state=0), X, y, cv=3)
            for fold, score in enumerate(scores):
                runstone.log_metric("accuracy", score, step=fold)
            runstone.log_metrics({"mean_accuracy": scores.mean(), "sd_accuracy": scores.std()})

    children = runstone.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
        order_by=["metrics.mean_accuracy DESC"],
        output_format="list",
    )
    best = children[0]
    runstone.log_metric("best_accuracy", best.data.metrics["mean_accuracy"])
    runstone.set_tag("best_child", best.info.run_id)

print(f"{len(children)} children; best: {best.info.run_name}, accuracy {best.data.metrics['mean_accuracy']:.3f}")
