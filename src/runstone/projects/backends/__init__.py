"""Where projects run: one file per kind of place."""
