"""Searching registered models and their versions: words and orderings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runstone.entities.logged_models import LoggedModel, LoggedModelStatus
from runstone.errors import NotFound, WrongState

from .parser import parse_order
from .tree import And, Comparison, Field, Node, Order
from .vocabulary import NUMBER, TEXT, Vocabulary

if TYPE_CHECKING:
    from runstone.contracts import Registry
    from runstone.entities.model_registry import ModelVersion
    from runstone.entities.model_uris import ModelUri

_PREFIXES = {"tags": "tags", "tag": "tags", "attributes": "attributes", "attribute": "attributes", "attr": "attributes"}
_TIMES = {"creation_timestamp": NUMBER, "last_updated_timestamp": NUMBER}
_TIME_NAMES = {"timestamp": "last_updated_timestamp", "creation_time": "creation_timestamp"}

REGISTERED_MODELS = Vocabulary(
    noun="registered model", prefixes=_PREFIXES, attributes={"name": TEXT, **_TIMES}, aliases=_TIME_NAMES
)

MODEL_VERSIONS = Vocabulary(
    noun="model version",
    prefixes=_PREFIXES,
    attributes={
        "name": TEXT, "version_number": NUMBER, "run_id": TEXT, "source_path": TEXT, "current_stage": TEXT, "model_id": TEXT,
        "user_id": TEXT, "status": TEXT, **_TIMES,
    },
    aliases={"version": "version_number", "source": "source_path", "stage": "current_stage", **_TIME_NAMES},
    quoted=("version_number",),  # versions are texts in MLflow's client, and its users write them so
)  # fmt: skip

#: A model or version with this tag set to ``true`` is a prompt, which searches leave out unless they ask for it.
PROMPT_TAG = "mlflow.prompt.is_prompt"
_PROMPT = Field("tags", PROMPT_TAG)


def model_order(texts: tuple[str, ...]) -> tuple[Order, ...]:
    """The columns asked for, then the name. Raises FilterError."""
    return _total(parse_order(texts, REGISTERED_MODELS), ())


def version_order(texts: tuple[str, ...]) -> tuple[Order, ...]:
    """The columns asked for, or last changed first; then name, then highest version first. Raises FilterError."""
    asked = parse_order(texts, MODEL_VERSIONS) or (Order(Field("attributes", "last_updated_timestamp"), True),)
    return _total(asked, (Order(Field("attributes", "version_number"), True),))


def _total(asked: tuple[Order, ...], last: tuple[Order, ...]) -> tuple[Order, ...]:
    found: dict[Field, Order] = {}
    for order in (*asked, Order(Field("attributes", "name")), *last):
        found.setdefault(order.field, order)
    return tuple(found.values())


def prompts_wanted(node: Node | None) -> tuple[bool, Node | None]:
    """Whether a filter asks for prompts; and the filter without a condition that asks for what is not one."""
    if node is None:
        return False, None
    kept: list[Node] = []
    for one in node.items if isinstance(node, And) else (node,):
        if not (isinstance(one, Comparison) and one.field == _PROMPT and one.operator in ("=", "!=")):
            kept.append(one)
        elif (one.operator == "=") == (str(one.value).lower() == "true"):
            return True, node
    if not kept:
        return False, None
    return False, kept[0] if len(kept) == 1 else And(tuple(kept))


def name_asked(node: Node) -> str | None:
    """The name, if this condition is ``name = '…'``."""
    if isinstance(node, Comparison) and node.field == Field("attributes", "name") and node.operator == "=":
        return str(node.value)
    return None


def version_meant(registry: Registry, uri: ModelUri) -> ModelVersion:
    """The version that a URI with a name means. Raises NotFound, InvalidValue (alias)."""
    if uri.version is not None:
        return registry.get_model_version(uri.name, uri.version)
    if not uri.stage:
        return registry.get_version_by_alias(uri.name, uri.alias or "latest")
    found = registry.latest_versions(uri.name, [uri.stage])
    if not found:
        raise NotFound(f"No version of registered model {uri.name!r} is in stage {uri.stage}.")
    return found[0]


def whole_model(model: LoggedModel) -> LoggedModel:
    """The logged model, if all its files are there: an upload that was cut short never becomes a version.

    Raises: WrongState.
    """
    if model.status != LoggedModelStatus.READY:
        raise WrongState(
            f"The logged model {model.model_id} is {model.status}, so its files are not all there; only READY ones can be "
            "registered. Log the model again."
        )
    return model
