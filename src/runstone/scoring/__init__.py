"""A model behind HTTP, in MLflow's scoring protocol."""
