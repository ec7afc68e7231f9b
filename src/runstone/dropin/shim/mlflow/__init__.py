"""Not the real mlflow: ``runstone drop-in`` put this in its place."""

import sys

try:
    from runstone.dropin.bridge import dress
except ModuleNotFoundError as missing:
    if missing.name is not None and missing.name.partition(".")[0] == "runstone":
        raise ImportError(
            f"This process runs under `runstone drop-in`, but {sys.executable} has no runstone to put in mlflow's place. "
            "Install it there: pip install runstone",
            name="mlflow",
        ) from None
    raise
dress(sys.modules[__name__])
