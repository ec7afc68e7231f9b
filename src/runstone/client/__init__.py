"""What training code calls: the fluent API and ``MlflowClient``."""

from runstone._lazy import lazy

__getattr__, __dir__ = lazy(
    __name__, {"Client": "runstone.client.api:MlflowClient", "MlflowClient": "runstone.client.api:MlflowClient"}
)
