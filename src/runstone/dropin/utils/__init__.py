"""What scripts of MLflow's example projects take from ``mlflow.utils``: the names of tags, a line on standard error,
an environment for conda."""
