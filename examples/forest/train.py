"""The lecture's random forest, with the same seed each time: the same code gives the same numbers."""

import argparse

import mlflow
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--trees", type=int)
parser.add_argument("--depth", type=int)
given = parser.parse_args()

X, y = make_classification(n_samples=1000, n_features=20, random_state=42)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)

with mlflow.start_run():
    forest = RandomForestClassifier(n_estimators=given.trees, max_depth=given.depth, random_state=42)
    forest.fit(X_train, y_train)
    mlflow.log_metric("accuracy", forest.score(X_test, y_test))
