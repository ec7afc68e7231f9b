"""The lecture's registry snippet: log a model as a new version of a registered model, and move it to production."""

from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import runstone as mlflow
import runstone.sklearn

X, y = make_classification(n_samples=1000, n_features=20, random_state=42)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)

mlflow.set_experiment("churn_prediction")
for n_estimators in (10, 20, 40):
    with mlflow.start_run():
        model = RandomForestClassifier(n_estimators=n_estimators, random_state=42).fit(X_train, y_train)
        mlflow.log_param("n_estimators", n_estimators)
        mlflow.log_metric("accuracy", model.score(X_test, y_test))
        # Log model with signature
        mlflow.sklearn.log_model(model, "model", registered_model_name="churn_model", input_example=X_train[:3])

# Transition to production
client = mlflow.tracking.MlflowClient()
client.transition_model_version_stage(name="churn_model", version=3, stage="Production")

in_production = mlflow.pyfunc.load_model("models:/churn_model/Production")
right = (in_production.predict(X_test) == y_test).mean()
for version in client.search_model_versions("name = 'churn_model'", order_by=["version_number ASC"]):
    print(f"version {version.version}: {version.current_stage}, from run {version.run_id}")
print(f"in production: {right:.3f} right")
