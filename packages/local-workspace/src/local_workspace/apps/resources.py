"""The resources of an app: what it is granted on them, and what it is told of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from local_workspace.area import Caller
from local_workspace.errors import ApiError, InvalidParameter
from local_workspace.identity import Identity
from local_workspace.secret_scopes import SecretScopes
from local_workspace.settings import Settings

Connect = Callable[[str, str], Awaitable[None]]
"""Gives a role of Lakebase the right to connect to a database and to create in it."""
_SECONDS = 60
_VALUES: Mapping[str, str] = {
    "job": "id",
    "genie_space": "space_id",
    "serving_endpoint": "name",
    "sql_warehouse": "id",
    "experiment": "experiment_id",
    "uc_securable": "securable_full_name",
    "database": "instance_name",
    "postgres": "branch",
}
"""For each kind of resource, the fact that stands for it in `valueFrom`."""


class AppResources:
    """Grants through the workspace's own API, as who deploys: nobody gives what is not theirs."""

    def __init__(
        self, settings: Settings, identity: Identity, *, secrets: SecretScopes, connect: Connect
    ) -> None:
        self._url = settings.url
        self._identity = identity
        self._secrets = secrets
        self._connect = connect

    async def grant(self, caller: Caller, principal: str, resource: Mapping[str, Any]) -> None:
        """Give an app's principal what a resource says.

        Raises:
            InvalidParameter: the resource is of no kind that the workspace knows.
            ApiError: it does not exist, or the caller may not grant it.
        """
        kind, said = _kind(resource)
        level = str(said.get("permission"))
        match kind:
            case "job":
                await self._permit(caller, principal, f"jobs/{said['id']}", level)
            case "genie_space":
                await self._permit(caller, principal, f"genie/{said['space_id']}", level)
            case "experiment":
                path = f"experiments/{said['experiment_id']}"
                await self._permit(caller, principal, path, level)
            case "serving_endpoint":
                await self._permit_endpoint(caller, principal, str(said["name"]), level)
            case "secret":
                body = {"scope": said["scope"], "principal": principal, "permission": level}
                await self._call(caller, "POST", "/api/2.0/secrets/acls/put", body)
            case "uc_securable":
                path = f"{said['securable_type']}/{said['securable_full_name']}"
                change = {"changes": [{"principal": principal, "add": [level]}]}
                await self._call(
                    caller, "PATCH", f"/api/2.1/unity-catalog/permissions/{path}", change
                )
            case "database" | "postgres":
                name = str(said.get("database_name") or "databricks_postgres")
                await self._connect(principal, name)

    def value(self, principal: Caller, resource: Mapping[str, Any]) -> str:
        """Return what `valueFrom` puts into a variable."""
        kind, said = _kind(resource)
        if kind == "secret":
            reference = f"{{{{secrets/{said['scope']}/{said['key']}}}}}"
            return self._secrets.resolved(principal, {"value": reference})["value"]
        return str(said[_VALUES[kind]])

    async def _permit_endpoint(self, caller: Caller, principal: str, name: str, level: str) -> None:
        found = await self._call(caller, "GET", f"/api/2.0/serving-endpoints/{name}")
        # the models of the workspace itself are everyone's
        if found["creator"] != "System":
            await self._permit(caller, principal, f"serving-endpoints/{found['id']}", level)

    async def _permit(self, caller: Caller, principal: str, path: str, level: str) -> None:
        entry = {"service_principal_name": principal, "permission_level": level}
        body = {"access_control_list": [entry]}
        await self._call(caller, "PATCH", f"/api/2.0/permissions/{path}", body)

    async def _call(self, caller: Caller, method: str, path: str, body: Any = None) -> Any:
        token = self._identity.sign({"sub": caller.user_name, "scope": "all-apis"}, _SECONDS)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=self._url, trust_env=False) as client:
            answer = await client.request(method, path, json=body, headers=headers)
        if answer.is_error:
            said = answer.json()
            raise ApiError(
                str(said.get("message")),
                error_code=said.get("error_code"),
                status=answer.status_code,
            )
        return answer.json()


def _kind(resource: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for kind in (*_VALUES, "secret"):
        if resource.get(kind):
            return kind, resource[kind]
    raise InvalidParameter(f"Resource {resource.get('name')!r} is of no known kind.")
