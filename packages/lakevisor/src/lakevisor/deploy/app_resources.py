"""What is needed, as the resources of a Databricks app in a bundle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lakevisor.deploy.needs import Kind, Need

DATABASE_VARIABLE = "lakebase_database"
EXPERIMENT_VARIABLE = "experiment_id"


@dataclass(frozen=True, kw_only=True)
class AppResources:
    """The resources of an app, and the variables of its bundle."""

    resources: list[dict[str, Any]] = field(default_factory=list)
    """As the bundle's `resources.apps.NAME.resources` has them."""
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    """As the bundle's `variables` has them; one without `lookup` must be given."""
    secret_keys: dict[str, str] = field(default_factory=dict)
    """By environment variable: the resource that holds its value."""

    @property
    def required_variables(self) -> list[str]:
        """The variables that `bundle deploy` must be told."""
        return [name for name, value in self.variables.items() if "lookup" not in value]


def app_resources(
    needs: Iterable[Need],
    *,
    database: str | None,
    secrets: Sequence[str] = (),
    secret_scope: str | None = None,
) -> AppResources:
    """Return an app's resources in a fixed order, each under a name of its own.

    Args:
        needs: of the supervisor.
        database: the path of the database on an autoscaling Lakebase, where it is configured.
        secrets: names of environment variables, each the key of a secret.
        secret_scope: the scope that holds them.
    """
    made, numbers = AppResources(), Counter[str]()

    def add(stem: str, content: dict[str, Any]) -> str:
        numbers[stem] += 1
        name = f"{stem}-{numbers[stem]}"
        made.resources.append({"name": name, **content})
        return name

    for need in needs:
        stem = need.kind.value.replace("_", "-")
        add(stem, _content(need, made.variables, database=database, number=numbers[stem] + 1))
    for variable in secrets:
        secret = {"scope": secret_scope, "key": variable, "permission": "READ"}
        made.secret_keys[variable] = add("secret", {"secret": secret})
    return made


def _content(
    need: Need, variables: dict[str, dict[str, Any]], *, database: str | None, number: int
) -> dict[str, Any]:
    right = {"permission": need.permission}
    match need.kind:
        case Kind.GENIE_SPACE:
            name = f"{need.agent}-{number}"
            return {"genie_space": {"name": name, "space_id": need.name, **right}}
        case Kind.JOB:
            return {"job": {"id": _job_id(need.name, variables, number), **right}}
        case Kind.SQL_WAREHOUSE:
            return {"sql_warehouse": {"id": need.name, **right}}
        case Kind.SERVING_ENDPOINT:
            return {"serving_endpoint": {"name": need.name, **right}}
        case Kind.TABLE | Kind.FUNCTION:
            full_name = {"securable_full_name": need.name, "securable_type": need.kind.name}
            return {"uc_securable": {**full_name, **right}}
        case Kind.LAKEBASE_INSTANCE:
            instance = {"instance_name": need.name, "database_name": "databricks_postgres"}
            return {"database": {**instance, **right}}
        case Kind.LAKEBASE_BRANCH:
            path = database or _given(variables, DATABASE_VARIABLE, _database_words(need.name))
            return {"postgres": {"branch": need.name, "database": path, **right}}
        case Kind.EXPERIMENT:
            return {"experiment": {"experiment_id": _experiment_id(need.name, variables), **right}}


def _job_id(name: str, variables: dict[str, dict[str, Any]], number: int) -> str:
    if name.isdecimal():
        return name
    variable = f"job_{number}"
    variables[variable] = {"description": f"The job {name!r}.", "lookup": {"job": name}}
    return f"${{var.{variable}}}"


def _experiment_id(name: str, variables: dict[str, dict[str, Any]]) -> str:
    if name.isdecimal():
        return name
    return _given(variables, EXPERIMENT_VARIABLE, f"The id of the experiment {name}.")


def _given(variables: dict[str, dict[str, Any]], variable: str, description: str) -> str:
    variables[variable] = {"description": description}
    return f"${{var.{variable}}}"


def _database_words(branch: str) -> str:
    return f"The database's path; `databricks postgres list-databases {branch}` shows it."
