"""The lecture's homework: five runs with different n_estimators logged by hand, then the same by autologging, compared."""

from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import runstone as mlflow

X, y = make_classification(n_samples=1000, n_features=20, random_state=42)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
SIZES = (50, 100, 150, 200, 250)

# Exercise 2: five experiments, logged by hand
mlflow.set_experiment("churn_by_hand")
for n_estimators in SIZES:
    with mlflow.start_run():
        mlflow.log_param("n_estimators", n_estimators)
        model = RandomForestClassifier(n_estimators=n_estimators, max_depth=10, random_state=42).fit(X_train, y_train)
        mlflow.log_metric("accuracy", model.score(X_test, y_test))

by_hand = mlflow.search_runs(order_by=["metrics.accuracy DESC", "start_time ASC"], output_format="list")
print(f"best by hand: {by_hand[0].data.params['n_estimators']} trees, accuracy {by_hand[0].data.metrics['accuracy']:.3f}")

# Stretch goal: not one line of logging
mlflow.set_experiment("churn_autolog")
mlflow.sklearn.autolog()
for n_estimators in SIZES:
    model = RandomForestClassifier(n_estimators=n_estimators, max_depth=10, random_state=42).fit(X_train, y_train)
    model.score(X_test, y_test)

score = "metrics.RandomForestClassifier_score_X_test"
auto = mlflow.search_runs(order_by=[f"{score} DESC", "start_time ASC"], output_format="list")
print(f"best by autolog: {auto[0].data.params['n_estimators']} trees")
for name, runs in (("by hand", by_hand), ("autolog", auto)):
    best, files = runs[0].data, mlflow.MlflowClient().list_artifacts(runs[0].info.run_id)
    print(f"{name}: {len(runs)} runs of {len(best.params)} params, {len(best.metrics)} metrics, {len(files)} artifacts")
