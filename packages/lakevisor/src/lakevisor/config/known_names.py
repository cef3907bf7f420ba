"""The names that a pydantic model knows at a place inside it."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from lakevisor.config.nearest import nearest_name


def known_names(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the names of the fields of the model that stands at ``path`` in ``model``."""
    here: Any = model
    for part in path:
        here = _below(here, str(part))
    return sorted(name for option in _models_in(here) for name in _fields(option))


def most_likely_key(model: type[BaseModel], path: Sequence[str | int]) -> str | None:
    """Return the dotted key most likely meant by an unknown one: a sibling, else a namesake."""
    *above, name = [str(part) for part in path]
    sibling = nearest_name(name, known_names(model, above))
    if sibling is not None:
        return ".".join([*above, sibling])
    namesakes = [key for key in _all_keys(model, "") if key.rpartition(".")[2] == name]
    return namesakes[0] if len(namesakes) == 1 else None


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _below(annotation: Any, part: str) -> Any:
    for model in _models_in(annotation):
        if part in _fields(model):
            return _fields(model)[part]
    for option in (annotation, *get_args(annotation)):
        if _is_container(option):
            return next(item for item in reversed(get_args(option)) if item is not Ellipsis)
    return None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield a model, or those of a union; what a list or mapping holds is one step further down."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif not _is_container(annotation):
        for option in get_args(annotation):
            yield from _models_in(option)


def _is_container(annotation: Any) -> bool:
    origin = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Collection)


def _all_keys(model: type[BaseModel], above: str) -> Iterator[str]:
    for name, annotation in _fields(model).items():
        yield f"{above}{name}"
        for below in _models_in(annotation):
            yield from _all_keys(below, f"{above}{name}.")
