"""What scripts of MLflow's example projects take from ``mlflow.utils``: the names of tags, and a line on standard error."""
