"""The versions that an endpoint serves, and which of them has the traffic."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakevisor.errors import EndpointNotReady, NoEarlierVersion, ResourceNotFound
from lakevisor.workspace import translated

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.serving import ServedEntityInput

POLL_SECONDS = 5.0
LOG_LINES = 40
"""How much of the logs of a version that failed is shown."""
ALL_TRAFFIC = 100
Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ServedVersion:
    """One version of a model behind an endpoint."""

    version: str
    """The version of the registered model."""
    served_name: str
    """Its name behind the endpoint."""
    traffic: int
    """Its share of the requests in percent."""
    entity: Any
    """As the SDK has it."""


class ServingEndpoint:
    """One endpoint of Model Serving, and the versions of one model behind it."""

    def __init__(self, client: WorkspaceClient, name: str, *, model: str) -> None:
        """Name the endpoint and the model; nothing is asked yet.

        Args:
            client: of the workspace.
            name: the endpoint's.
            model: the registered model's full name; what else is served is left as it is.
        """
        self._client = client
        self._model = model
        self.name = name

    def versions(self) -> Sequence[ServedVersion]:
        """Return what is served, oldest first; nothing where there is no endpoint yet."""
        try:
            with translated():
                config = self._client.serving_endpoints.get(self.name).config
        except ResourceNotFound:
            return []
        routes = (config and config.traffic_config and config.traffic_config.routes) or []
        traffic = {route.served_model_name: route.traffic_percentage or 0 for route in routes}
        served = [
            ServedVersion(
                version=str(each.entity_version),
                served_name=str(each.name),
                traffic=traffic.get(each.name, 0),
                entity=each,
            )
            for each in (config and config.served_entities) or []
            if each.entity_name == self._model
        ]
        return sorted(served, key=lambda each: int(each.version))

    def current(self) -> ServedVersion | None:
        """Return the version with most of the traffic."""
        return max(self.versions(), key=lambda each: each.traffic, default=None)

    def wait_until_ready(self, version: str, *, minutes: float, tell: Tell) -> ServedVersion:
        """Wait until a version is ready, and return it.

        Args:
            version: of the registered model.
            minutes: how long it may take.
            tell: is told of each change.

        Raises:
            EndpointNotReady: with the end of its build logs.
        """
        ends_at, told = time.monotonic() + minutes * 60, ""
        while True:
            with translated():
                endpoint = self._client.serving_endpoints.get(self.name)
            state, message = _progress(endpoint, self._model, version)
            if message != told:
                tell(f"{self.name}: {message}")
                told = message
            if state == "ready":
                return next(each for each in self.versions() if each.version == version)
            if state == "failed":
                raise self._not_ready(endpoint, version, message)
            if time.monotonic() > ends_at:
                raise self._not_ready(endpoint, version, f"{minutes:g} minutes have passed.")
            time.sleep(POLL_SECONDS)

    def give_traffic(
        self, chosen: ServedVersion, *, keep: Sequence[ServedVersion] = (), minutes: float
    ) -> None:
        """Let one version answer everything, beside those that are kept without traffic.

        What is kept is switched off until it is asked: it waits there to be gone back to.

        Args:
            chosen: gets all requests.
            keep: of the same model; all its other versions are no longer served.
            minutes: how long it may take.
        """
        from databricks.sdk.service.serving import Route, TrafficConfig

        others = [each for each in self._entities() if each.entity_name != self._model]
        waiting = [each for each in keep if each.served_name != chosen.served_name]
        entities = [
            *others,
            *(_input(each.entity, scale_to_zero=True) for each in waiting),
            _input(chosen.entity),
        ]
        shares = {str(each.name): 0 for each in entities} | {chosen.served_name: ALL_TRAFFIC}
        routes = [
            Route(served_model_name=name, traffic_percentage=share)
            for name, share in shares.items()
        ]
        with translated():
            self._client.serving_endpoints.update_config(
                self.name, served_entities=entities, traffic_config=TrafficConfig(routes=routes)
            )
        self.wait_until_ready(chosen.version, minutes=minutes, tell=lambda _: None)

    def earlier(self, version: str | None = None) -> ServedVersion:
        """Return the version to go back to: the named one, or the one before the current one.

        Raises:
            NoEarlierVersion: it is not served.
        """
        current = self.current()
        others = [each for each in self.versions() if each != current]
        if version is not None:
            others = [each for each in others if each.version == version]
        elif current is not None:
            others = [each for each in others if int(each.version) < int(current.version)]
        if not others:
            wanted = f"version {version}" if version else "an earlier version"
            raise NoEarlierVersion(
                f"The endpoint {self.name!r} does not serve {wanted} beside the current one."
            )
        return others[-1]

    def logs(self, served_name: str) -> str:
        """Return the last lines that a version wrote while it was built and while it served."""
        asks = (
            self._client.serving_endpoints.build_logs,
            self._client.serving_endpoints.logs,
        )
        return "\n".join(filter(None, (self._tail(ask, served_name) for ask in asks)))

    def _tail(self, ask: Callable[[str, str], Any], served_name: str) -> str:
        from lakevisor.errors import WorkspaceError

        try:
            with translated():
                text = ask(self.name, served_name).logs or ""
        except WorkspaceError as error:
            return f"(no logs: {error.message})"
        return "\n".join(text.splitlines()[-LOG_LINES:])

    def _entities(self) -> list[ServedEntityInput]:
        with translated():
            config = self._client.serving_endpoints.get(self.name).config
        return [_input(each) for each in (config and config.served_entities) or []]

    def _not_ready(self, endpoint: Any, version: str, reason: str) -> EndpointNotReady:
        entity = _entity(endpoint, self._model, version)
        logs = self.logs(str(entity.name)) if entity is not None else ""
        return EndpointNotReady(self.name, reason=reason, logs=logs)


def _input(entity: Any, *, scale_to_zero: bool | None = None) -> ServedEntityInput:
    """Return what is served as it is asked for; the answers have more fields than that."""
    from databricks.sdk.service.serving import ServedEntityInput

    known = entity.as_dict()
    fields = {name: known[name] for name in ServedEntityInput.__dataclass_fields__ if name in known}
    if scale_to_zero is not None:
        fields["scale_to_zero_enabled"] = scale_to_zero
    return ServedEntityInput.from_dict(fields)


def _entity(endpoint: Any, model: str, version: str) -> Any:
    for config in (endpoint.pending_config, endpoint.config):
        for each in (config and config.served_entities) or []:
            if each.entity_name == model and str(each.entity_version) == version:
                return each
    return None


def _progress(endpoint: Any, model: str, version: str) -> tuple[str, str]:
    """Return `ready`, `failed` or `waiting`, and what the endpoint says."""
    from databricks.sdk.service.serving import EndpointStateConfigUpdate, ServedModelStateDeployment

    entity = _entity(endpoint, model, version)
    state = entity.state if entity is not None else None
    deployment = state.deployment if state else None
    said = (state.deployment_state_message if state else None) or ""
    update = endpoint.state.config_update if endpoint.state else None
    is_over = update is EndpointStateConfigUpdate.NOT_UPDATING
    failed = {EndpointStateConfigUpdate.UPDATE_FAILED, EndpointStateConfigUpdate.UPDATE_CANCELED}
    if deployment is ServedModelStateDeployment.DEPLOYMENT_FAILED or update in failed:
        return "failed", said or "the update failed."
    if is_over and deployment is ServedModelStateDeployment.DEPLOYMENT_READY:
        return "ready", f"version {version} is ready"
    word = deployment.value.removeprefix("DEPLOYMENT_").lower() if deployment else "waiting"
    return "waiting", f"version {version}: {word}{f', {said}' if said else ''}"
