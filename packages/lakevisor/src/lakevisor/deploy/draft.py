"""Everything that is known about a deployment before anything is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lakevisor.config import Configuration
from lakevisor.deploy.deployed_configuration import (
    CLIENT_SECRET,
    Target,
    deployed_tree,
    principal_of_model,
    required_secrets,
    stranded_secrets,
)
from lakevisor.deploy.distributions import Travelling, active_plugins, travelling
from lakevisor.deploy.needs import Kind, Need, find_needs, user_scopes
from lakevisor.deploy.requirements import Requirements, pin_requirements
from lakevisor.errors import NotDeployable
from lakevisor.registry import build_registry, discover

_BEYOND_PASSTHROUGH = (Kind.JOB, Kind.LAKEBASE_BRANCH)
"""What the identity that Model Serving gives a model by itself cannot be granted."""
_ENDPOINT_CHARS = 63


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What would be deployed, from this machine alone: no workspace was asked."""

    configuration: Configuration
    """Of the workspace."""
    needs: Sequence[Need]
    """What must be granted."""
    distributions: Sequence[Travelling]
    """What travels."""
    requirements: Requirements
    """The third-party packages."""
    plugins: Sequence[str]
    """The names of the plugins that are active there."""

    @property
    def targets(self) -> list[Target]:
        """What the configuration names: a model, an app, or both."""
        deployment = self.configuration.settings.deployment
        named = {Target.MODEL: deployment.model.name, Target.APP: deployment.app.name}
        return [target for target, name in named.items() if name]

    @property
    def model_identity(self) -> str:
        """Who the served model acts as, in words."""
        principal = principal_of_model(self.configuration)
        return f"the service principal {principal[0]}" if principal else "whoever deploys it"

    def tree(self, target: Target, *, host: str) -> dict[str, Any]:
        """Return the configuration that travels; see `deployed_tree`."""
        has_user_policy = bool(user_scopes(self.needs))
        return deployed_tree(self.configuration, target, host=host, has_user_policy=has_user_policy)

    def secrets(self, target: Target) -> list[str]:
        """Return the names of the environment variables that hold secrets there."""
        return required_secrets(self.tree(target, host="https://workspace"))

    def problems(self, target: Target) -> list[str]:
        """Return what stands in the way of a target, as sentences."""
        return [
            *self._unnamed(target),
            *self._packages(),
            *self._secrets(target),
            *self._login(target),
        ]

    def require(self, target: Target) -> None:
        """Go on only where nothing stands in the way.

        Raises:
            NotDeployable: with all that does.
        """
        if problems := self.problems(target):
            raise NotDeployable(problems, workspace=self.configuration.workspace_name)

    def _unnamed(self, target: Target) -> Iterator[str]:
        if target not in self.targets:
            yield f"deployment.{target}.name is not configured."

    def _packages(self) -> Iterator[str]:
        for name in self.requirements.missing:
            yield f"{name} is required, and is neither installed here nor locked."

    def _secrets(self, target: Target) -> Iterator[str]:
        tree = self.tree(target, host="https://workspace")
        yield from stranded_secrets(tree)
        names = required_secrets(tree)
        if names and not self.configuration.settings.deployment.secret_scope:
            yield (
                f"deployment.secret_scope is not configured, and {', '.join(names)} must come "
                "from a secret scope."
            )

    def _login(self, target: Target) -> Iterator[str]:
        if target is not Target.MODEL or principal_of_model(self.configuration):
            return
        kinds = {need.kind for need in self.needs}
        beyond = [kind.value for kind in _BEYOND_PASSTHROUGH if kind in kinds]
        if beyond:
            yield (
                f"deployment.model.client_id is not configured: Model Serving's own identity does "
                f"not reach {', '.join(beyond)}. Name a service principal whose secret stands in "
                f"the scope under {CLIENT_SECRET}."
            )


def make_draft(configuration: Configuration) -> Draft:
    """Find out what would be deployed; nothing is connected to.

    Raises:
        InvalidPlugins: with every problem of every plugin.
        PluginError: a plugin could not say what it needs.
    """
    discovery = discover()
    registry = build_registry(configuration, discovery=discovery)
    plugins = active_plugins(discovery, [agent.name for agent in registry.agents])
    distributions = travelling(plugins)
    return Draft(
        configuration=configuration,
        needs=find_needs(configuration.settings, registry.agents),
        distributions=distributions,
        requirements=pin_requirements(distributions, configuration.root),
        plugins=[plugin.name for plugin in plugins],
    )


def endpoint_name(configuration: Configuration) -> str:
    """Return the serving endpoint's name: the configured one, or what databricks-agents makes."""
    model = configuration.settings.deployment.model
    if model.endpoint:
        return model.endpoint
    prefix = "agents_"
    shortened = str(model.name)[: _ENDPOINT_CHARS - len(prefix)]
    return prefix + shortened.replace(".", "-").rstrip("_-")


def require_model_name(configuration: Configuration) -> str:
    """Return the registered model's name.

    Raises:
        NotDeployable: none is configured.
    """
    name = configuration.settings.deployment.model.name
    if name is None:
        raise NotDeployable(
            ["deployment.model.name is not configured."], workspace=configuration.workspace_name
        )
    return name
