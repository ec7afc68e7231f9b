"""From events of the registry's log to messages as MLflow's receivers know them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from runstone.entities.model_registry import ModelVersion, RegisteredModel
from runstone.entities.registry_events import RegistryEvent
from runstone.entities.webhooks import EVENTS, MLFLOW_EVENTS
from runstone.errors import InvalidValue
from runstone.query.registry import PROMPT_TAG

_PROMPT_TEXT = "mlflow.prompt.text"
#: What is said of models in the log, and what of prompts to webhooks.
_OF_PROMPTS = {
    "registered_model.created": "prompt.created",
    "model_version.created": "prompt_version.created",
    "registered_model_tag.set": "prompt_tag.set",
    "registered_model_tag.deleted": "prompt_tag.deleted",
    "model_version_tag.set": "prompt_version_tag.set",
    "model_version_tag.deleted": "prompt_version_tag.deleted",
    "model_version_alias.created": "prompt_alias.created",
    "model_version_alias.deleted": "prompt_alias.deleted",
}
#: What a test sends: the same names as a real message, and values nobody could mistake for one.
_EXAMPLE = RegistryEvent(0, 0, "example_user", "", "example_name", 1, "example_key", "old_value", "example_value")


def telling(one: RegistryEvent, model: RegisteredModel | None, version: ModelVersion | None) -> tuple[str, str] | None:
    """See :data:`runstone.contracts.Telling`."""
    event = "model_version_alias.created" if one.event == "model_version_alias.moved" else one.event
    if model is not None and PROMPT_TAG in model.tags:
        event = _OF_PROMPTS.get(event, event)
    if event not in EVENTS:
        return None
    return event, body(event, one.time, _data(event, one, model, version))


def example(event: str, now: int) -> str:
    """The body that a test of a webhook sends."""
    return body(event, now, _data(event, _EXAMPLE, None, None))


def body(event: str, time: int, data: Mapping[str, Any]) -> str:
    """The JSON of a message. ``time``: milliseconds since 1970 UTC."""
    entity, _, action = event.partition(".")
    when = datetime.datetime.fromtimestamp(time / 1000, datetime.timezone.utc).isoformat()
    return json.dumps({"entity": entity, "action": action, "timestamp": when, "data": data})


def check_event(event: str) -> str:
    """Raises InvalidValue for an event that nothing is told of."""
    if event not in EVENTS:
        raise InvalidValue(f"Invalid event {event!r}. Valid events are: {', '.join(EVENTS)}.")
    return event


def _data(event: str, one: RegistryEvent, model: RegisteredModel | None, version: ModelVersion | None) -> dict[str, Any]:
    number = None if one.version is None else str(one.version)
    entity, _, action = event.partition(".")
    if event in ("registered_model.created", "prompt.created"):
        return {"name": one.name, "tags": dict(model.tags) if model else {}, "description": one.new}
    if event in ("model_version.created", "prompt_version.created"):
        tags, described = (dict(version.tags), version.description) if version else ({}, None)
        found: dict[str, Any] = {"name": one.name, "version": number}
        if entity == "prompt_version":
            found["template"] = tags.pop(_PROMPT_TEXT, "")
        else:
            found |= {"source": one.new, "run_id": (version.run_id or None) if version else None}
        return found | {"tags": tags, "description": described}
    if event not in MLFLOW_EVENTS:
        facts = {"version": number, "key": one.key, "old": one.old, "new": one.new}
        told = {name: value for name, value in facts.items() if value is not None}
        return {"name": one.name, **told, "user_id": one.user_id, "reason": one.reason}
    if entity.endswith("alias"):
        return {"name": one.name, "alias": one.key} | ({"version": number} if action == "created" else {})
    of_version = {} if entity == "prompt_tag" else {"version": number}
    return {"name": one.name, **of_version, "key": one.key} | ({"value": one.new} if action == "set" else {})
