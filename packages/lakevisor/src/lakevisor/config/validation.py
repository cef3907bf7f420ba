"""From pydantic's errors to sentences that name the key, its file and line, and what to write."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lakevisor.config.known_names import known_names, most_likely_key
from lakevisor.config.origins import Node
from lakevisor.config.secret_names import is_secret_name
from lakevisor.errors import ConfigurationError, InvalidValue, MissingValue, UnknownKey

M = TypeVar("M", bound=BaseModel)

EXPECTED = {
    "string_type": "text",
    "path_type": "a path",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}
TEXTUAL = {"string_type", "path_type"}
LONGEST_SHOWN = 60


def validate(
    model: type[M], node: Node, *, at: str, root: Path
) -> tuple[M | None, list[ConfigurationError]]:
    """Return the model made from a node, or None and every problem that the node has.

    Args:
        model: what the node must be.
        node: the layered configuration, or a part of it.
        at: the dotted key under which the part stands; empty for the whole.
        root: the folder that relative paths start from.
    """
    errors: list[ErrorDetails] = []
    # A second time where a number, as it looked, was typed for a text: --set x.name=42 means "42".
    for _attempt in range(2):
        try:
            return _validated(model, node, root), []
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
            node = _as_typed(node, errors)
    return None, [_problem(model, node, error, at) for error in errors]


def _validated(model: type[M], node: Node, root: Path) -> M:
    # Plugin authors forget to forbid unknown keys; here a model must allow them explicitly.
    extra = None if model.model_config.get("extra") == "allow" else "forbid"
    return model.model_validate(node.plain(), context={"root": root}, extra=extra)  # type: ignore[arg-type]


def _as_typed(node: Node, errors: Iterable[ErrorDetails]) -> Node:
    for error in errors:
        found, followed = node.descend(error["loc"])
        if error["type"] in TEXTUAL and found.text is not None and followed == error["loc"]:
            node = node.replaced(followed, Node(value=found.text, origin=found.origin))
    return node


def _problem(
    model: type[BaseModel], node: Node, error: ErrorDetails, at: str
) -> ConfigurationError:
    found, followed = node.descend(error["loc"])
    where, kind = str(found.origin), error["type"]
    if kind == "missing":
        return MissingValue(_dotted(at, error["loc"]), where=where)
    if kind == "extra_forbidden":
        return _unknown(model, error["loc"], at=at, where=where)
    key = _dotted(at, followed)
    return InvalidValue(key, where=where, reason=_reason(error, key, found))


def _unknown(
    model: type[BaseModel], path: tuple[str | int, ...], *, at: str, where: str
) -> UnknownKey:
    nearest = most_likely_key(model, path)
    return UnknownKey(
        _dotted(at, path),
        where=where,
        nearest=_dotted(at, (nearest,)) if nearest else None,
        known=known_names(model, path[:-1]),
    )


def _reason(error: ErrorDetails, key: str, found: Node) -> str:
    expected = EXPECTED.get(error["type"])
    if expected is None:
        said = str(error.get("ctx", {}).get("error") or error["msg"]).rstrip(".")
        return said.replace("Input should", "must", 1)
    hint = "; put it in quotes" if error["type"] == "string_type" and _is_scalar(found) else ""
    return f"must be {expected}, not {_described(key, found)}{hint}"


def _described(key: str, found: Node) -> str:
    if isinstance(found.value, dict):
        return "a mapping"
    if isinstance(found.value, list):
        return "a list"
    if is_secret_name(key) or (isinstance(found.value, str) and len(found.value) > LONGEST_SHOWN):
        return "what is there now"
    if isinstance(found.value, str):
        return f"the text {found.value!r}"
    return str(found.value).lower() if isinstance(found.value, bool) else str(found.value)


def _is_scalar(found: Node) -> bool:
    return not isinstance(found.value, dict | list)


def _dotted(at: str, path: Iterable[Any]) -> str:
    return ".".join([*([at] if at else []), *(str(part) for part in path)])
