"""MLflow's REST endpoints over any store: their paths, fields, defaults, errors and JSON habits, our records beneath."""
