"""What an endpoint is asked to serve: served entities and the split of its traffic, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from local_workspace.area import Caller
from local_workspace.calls import Given
from local_workspace.documents import now
from local_workspace.errors import ApiError, InvalidParameter
from local_workspace.registry import Models

_NAME = re.compile(r"[a-zA-Z0-9]([\w-]{0,61}[a-zA-Z0-9])?")
_MOST_ENTITIES = 15
_KEPT = (
    "entity_name",
    "entity_version",
    "environment_vars",
    "instance_profile_arn",
    "max_provisioned_concurrency",
    "min_provisioned_concurrency",
    "name",
    "scale_to_zero_enabled",
    "workload_size",
    "workload_type",
)
CREATING = {
    "deployment": "DEPLOYMENT_CREATING",
    "deployment_state_message": "Served entity creation has started.",
}


def check_name(name: str) -> None:
    """Refuse a name that an endpoint cannot have.

    Raises:
        InvalidParameter: it has other characters, or too many.
    """
    if not _NAME.fullmatch(name):
        raise InvalidParameter(
            f"Endpoint name '{name}' must have at most 63 characters: letters, digits, dashes and "
            "underscores, with a letter or digit first and last."
        )


def checked(
    caller: Caller, given: Given, models: Models, *, known: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return a config: its entities, each with a name, and the routes between them.

    Args:
        caller: Who asks, and whose the new entities are.
        given: The config as it came.
        models: The registry.
        known: The entities that are served already; one that stays as it is stays its creator's.

    Raises:
        InvalidParameter: an entity or a route is incomplete, or the traffic is not 100 in all.
        NotFound: a model version does not exist.
        PermissionDenied: the caller may not use a model.
    """
    asked = [_entity(caller, each, models) for each in _entities(given)]
    entities = [{**each, **_origin(each, known)} for each in asked]
    if not entities:
        raise InvalidParameter("served_entities must have at least one element.")
    if len(entities) > _MOST_ENTITIES:
        raise InvalidParameter(f"served_models cannot contain more than {_MOST_ENTITIES} elements.")
    names = [each["name"] for each in entities]
    if len(set(names)) < len(names):
        raise ApiError(
            "Cannot create 2+ served entities with the same name.",
            error_code="BAD_REQUEST",
            status=400,
        )
    routes = _routes((given.get("traffic_config") or {}).get("routes"), names)
    config = {"served_entities": entities, "traffic_config": {"routes": routes}}
    if given.get("auto_capture_config"):
        config["auto_capture_config"] = given["auto_capture_config"]
    return config


def _entities(given: Given) -> Sequence[Mapping[str, Any]]:
    if given.get("served_entities"):
        entities: Sequence[Mapping[str, Any]] = given["served_entities"]
        return entities
    return [
        {**each, "entity_name": each.get("model_name"), "entity_version": each.get("model_version")}
        for each in given.get("served_models") or ()
    ]


def _entity(caller: Caller, given: Mapping[str, Any], models: Models) -> dict[str, Any]:
    name, number = given.get("entity_name"), given.get("entity_version")
    if not name or not number:
        raise InvalidParameter(
            "The local workspace serves models of Unity Catalog: each served entity needs an "
            "entity_name and an entity_version."
        )
    model = models.require(caller, str(name), "EXECUTE")
    version = models.version(model["name"], number)
    if version["status"] != "READY":
        raise InvalidParameter(f"Version {number} of model '{model['name']}' is not ready.")
    variables = given.get("environment_vars") or {}
    if not all(isinstance(value, str) for value in variables.values()):
        raise InvalidParameter("environment_vars must have text as values.")
    return {
        **{key: given[key] for key in _KEPT if given.get(key) is not None},
        "name": given.get("name") or f"{model['name'].rpartition('.')[2]}-{number}",
        "entity_name": model["name"],
        "entity_version": version["version"],
        "creator": caller.user_name,
        "creation_timestamp": now(),
        "state": CREATING,
    }


def _origin(entity: Mapping[str, Any], known: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return who made an entity that is served already, and when; nothing for a new one."""
    for each in known:
        if all(each.get(fact) == entity.get(fact) for fact in _KEPT):
            return {fact: each[fact] for fact in ("creator", "creation_timestamp")}
    return {}


def _routes(given: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    if not given:
        if len(names) > 1:
            raise InvalidParameter("traffic_config is needed with more than one served entity.")
        given = [{"served_model_name": names[0], "traffic_percentage": 100}]
    routes = [
        {
            "served_model_name": each.get("served_model_name") or each.get("served_entity_name"),
            "traffic_percentage": int(each.get("traffic_percentage") or 0),
        }
        for each in given
    ]
    unknown = [
        each["served_model_name"] for each in routes if each["served_model_name"] not in names
    ]
    if unknown:
        raise InvalidParameter(f"traffic_config names {unknown[0]!r}, which is not served.")
    if sum(each["traffic_percentage"] for each in routes) != 100:
        raise InvalidParameter("The traffic_percentage of all routes must sum to 100.")
    return routes
