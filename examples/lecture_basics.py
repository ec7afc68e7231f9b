"""The lecture's first snippet, whole: params, metrics, a model, a picture and tags of one run.

After the `with` block no run is active any more, so `active_run()` is None there, in mlflow as here;
`last_active_run()` is the one that has just ended.
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

import runstone as mlflow
import runstone.sklearn

X, y = make_classification(n_samples=1000, n_features=20, random_state=42)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)

mlflow.set_experiment("churn_prediction")

with mlflow.start_run():
    mlflow.log_param("n_estimators", 100)
    mlflow.log_param("max_depth", 10)
    mlflow.log_param("data_version", "v1")

    model = RandomForestClassifier(n_estimators=100, max_depth=10, random_state=0)
    model.fit(X_train, y_train)

    mlflow.log_metric("accuracy", model.score(X_test, y_test))
    mlflow.log_metric("training_samples", len(X_train))

    mlflow.sklearn.log_model(model, "model")

    ConfusionMatrixDisplay.from_estimator(model, X_test, y_test)
    plt.savefig("confusion_matrix.png")
    mlflow.log_artifact("confusion_matrix.png")

    mlflow.set_tag("model_type", "baseline")
    mlflow.set_tag("team", "data-science")

run = mlflow.last_active_run()
print(f"Run ID: {run.info.run_id}")

# Any time later, anywhere with the same store: the model, ready to predict.
loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
assert (loaded.predict(X_test) == model.predict(X_test)).all()
