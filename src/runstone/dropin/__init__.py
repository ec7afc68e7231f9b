"""``import mlflow`` where no mlflow is installed.

The folder ``shim`` goes in front of ``PYTHONPATH``. It holds one package, ``mlflow``, which hands every name and module on to
``runstone``: ``mlflow.X`` *is* ``runstone.X``, the same object. Child processes inherit the path, and with it the shim.
"""
