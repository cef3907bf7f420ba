"""From a draft to an endpoint that serves it: logged, registered, deployed, and asked."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lakevisor.deploy.databricks_session import databricks_session, require_extra
from lakevisor.deploy.deployed_configuration import Target
from lakevisor.deploy.draft import Draft, endpoint_name
from lakevisor.deploy.served_versions import ServedVersion, ServingEndpoint, Tell
from lakevisor.deploy.smoke_test import NoAnswer, ask
from lakevisor.errors import SmokeTestFailed
from lakevisor.workspace import WorkspaceConnection

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A version that serves."""

    model: str
    """The registered model."""
    version: str
    """Its version."""
    endpoint: str
    """The endpoint."""
    answer: str
    """What it said to the smoke question."""
    previous: str | None
    """The version before, which waits without traffic."""


class ModelDeployment:
    """The deployment of one workspace's model; its methods block, for minutes."""

    def __init__(
        self,
        draft: Draft,
        connection: WorkspaceConnection,
        environment: Mapping[str, str],
        *,
        tell: Tell,
    ) -> None:
        """Say what is deployed and where to.

        Args:
            draft: what is deployed.
            connection: to the workspace.
            environment: of the process, for secrets and for the processes that build wheels.
            tell: is told of the progress.
        """
        self._draft = draft
        self._connection = connection
        self._environment = environment
        self._tell = tell
        self._settings = draft.configuration.settings.deployment.model
        self.model = str(self._settings.name)
        self.endpoint = ServingEndpoint(
            connection.client, endpoint_name(draft.configuration), model=self.model
        )

    def run(self) -> Deployed:
        """Log, register, deploy and ask a new version.

        The version before keeps its place behind the endpoint: until the new one is ready it has
        all traffic, and it gets it back if that does not answer.

        Raises:
            NotDeployable: with all that stands in the way.
            DeploymentError: it was not deployed; what served before serves.
        """
        self._draft.require(Target.MODEL)
        require_extra()
        previous = self.endpoint.current()
        with databricks_session(self._draft.configuration.settings.workspace, self._environment):
            version = self._register()
            self._deploy(version)
        served = self.endpoint.wait_until_ready(
            version, minutes=self._settings.ready_minutes, tell=self._tell
        )
        answer = self._ask(served, previous)
        self._retire(served, previous)
        return Deployed(
            model=self.model,
            version=version,
            endpoint=self.endpoint.name,
            answer=answer,
            previous=previous.version if previous else None,
        )

    def _register(self) -> str:
        import mlflow

        from lakevisor.deploy.logged_model import log_model

        mlflow.set_experiment(self._experiment())
        self._tell("Building wheels and logging the model")
        with TemporaryDirectory() as folder:
            info = log_model(
                self._draft, Path(folder), self._environment, host=self._connection.host
            )
        self._tell(f"Registering it as {self.model}")
        registered = mlflow.register_model(info.model_uri, self.model)
        self._tell(f"{self.model} version {registered.version}")
        return str(registered.version)

    def _deploy(self, version: str) -> None:
        from databricks.agents import deploy

        self._tell(f"Deploying version {version} to the endpoint {self.endpoint.name}")
        said = io.StringIO()
        with redirect_stdout(said):
            deploy(
                self.model,
                int(version),
                endpoint_name=self.endpoint.name,
                scale_to_zero=self._settings.scale_to_zero,
                workload_size=self._settings.workload_size,
                environment_vars=self._variables(),
                tags={"lakevisor": self._draft.configuration.workspace_name},
            )
        logger.info("%s", said.getvalue(), extra={"action": "deployed"})

    def _variables(self) -> dict[str, str]:
        scope = self._draft.configuration.settings.deployment.secret_scope
        secrets = self._draft.secrets(Target.MODEL)
        return {
            # LangGraph reads it at its import, which is not ours in a model server.
            "LANGGRAPH_STRICT_MSGPACK": "true",
            **{name: f"{{{{secrets/{scope}/{name}}}}}" for name in secrets},
        }

    def _experiment(self) -> str:
        tracing = self._draft.configuration.settings.tracing
        own = f"/Users/{self._connection.user_name}/lakevisor"
        return self._settings.experiment or tracing.experiment or own

    def _ask(self, served: ServedVersion, previous: ServedVersion | None) -> str:
        question = self._settings.smoke_question
        self._tell(f"Asking it: {question}")
        try:
            return ask(self._connection.client, self.endpoint, served, question)
        except NoAnswer as error:
            logs = self.endpoint.logs(served.served_name)
            logger.warning("%s", logs, extra={"action": "smoke_test_failed"})
            if previous is not None:
                self.endpoint.give_traffic(previous, minutes=self._settings.ready_minutes)
            raise SmokeTestFailed(
                served.version,
                reason=str(error),
                serving=previous.version if previous else None,
                logs=logs,
            ) from error

    def _retire(self, served: ServedVersion, previous: ServedVersion | None) -> None:
        """Stop serving what is older than the version before: an endpoint has room for 15."""
        versions = {each.version for each in self.endpoint.versions()}
        kept = [previous] if previous else []
        if versions - {served.version, *(each.version for each in kept)}:
            self._tell("Retiring older versions")
            self.endpoint.give_traffic(served, keep=kept, minutes=self._settings.ready_minutes)
