"""MLflow's module of this name: the client, where runs are kept, and ``fluent``."""

from runstone._lazy import lazy

__getattr__, __dir__ = lazy(
    __name__,
    {
        "MlflowClient": "runstone.client.api:MlflowClient",
        "fluent": "runstone.tracking.fluent",
        "get_registry_uri": "runstone.client.location:get_registry_uri",
        "get_tracking_uri": "runstone.client.location:get_tracking_uri",
        "is_tracking_uri_set": "runstone.client.location:is_tracking_uri_set",
        "set_registry_uri": "runstone.client.location:set_registry_uri",
        "set_tracking_uri": "runstone.client.location:set_tracking_uri",
    },
)
