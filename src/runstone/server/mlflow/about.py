"""What a client may ask before anything else: who answers here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import messages as m
from . import shapes
from .presigning import capabilities

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: What ``GET /version`` answers. Only the client's tracer asks: from 3.4 on it sends each span as it ends, as OpenTelemetry
#: does, so that a trace can be read while it runs and can have spans of several processes (docs/decisions/026).
SPOKEN_TO_TRACERS = "3.17.0"


def server_info(backend: Backend, request: m.Nothing) -> shapes.Json:
    """What this server can do."""
    return {
        "store_type": "SqlStore",
        "workspaces_enabled": False,
        "trace_archival_enabled": False,
        **capabilities(backend),
        "presigned_upload_run_id_supported": True,
        "presigned_upload_model_id_supported": True,
        "features_enabled": {"gateway": False},
    }
