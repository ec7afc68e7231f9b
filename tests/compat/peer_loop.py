"""Runs in the Python of the real mlflow: executes pieces of code that come on stdin, each line a JSON text.

What a piece leaves in ``found`` goes back as JSON, or its traceback. mlflow is imported once for all of them.
"""

import contextlib
import json
import sys
import traceback
import warnings

warnings.simplefilter("ignore")
import mlflow  # noqa: E402  # the warnings of its imports are not ours

# it starts another Python that imports mlflow, for each model; nothing here is about what it guesses
mlflow.models.infer_pip_requirements = lambda *_, fallback=None, **__: fallback or []
answers = sys.stdout
mlflow.autolog(disable=True, silent=True)
for line in sys.stdin:
    names = {"mlflow": mlflow, "client": mlflow.MlflowClient(), "found": None}
    try:
        with contextlib.redirect_stdout(sys.stderr):
            exec(compile(json.loads(line), "<test>", "exec"), names)
        answer = {"found": names["found"]}
    except BaseException:
        answer = {"error": traceback.format_exc()}
    while mlflow.active_run():
        mlflow.end_run()
    print(json.dumps(answer), file=answers, flush=True)
