"""What the supervisor is built from: the enabled agents, and the hooks of all plugins."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lakevisor.config import Configuration, nearest_name
from lakevisor.errors import (
    ConfigurationError,
    InvalidConfiguration,
    InvalidPlugins,
    LakevisorError,
    PluginError,
)
from lakevisor.registry.discovery import discover
from lakevisor.registry.enabled_agent import EnabledAgent, enable
from lakevisor.registry.hooks import Hooks
from lakevisor.registry.plugin import Discovery, Plugin


@dataclass(frozen=True, kw_only=True)
class Registry:
    """The agents that the configuration enables, and the hooks of everything installed."""

    agents: tuple[EnabledAgent, ...]
    """Sorted by name, so that prompts are the same at each start."""
    hooks: Hooks
    """Chat models, reviewers and observers; these are active as soon as they are installed."""


def build_registry(configuration: Configuration, *, discovery: Discovery | None = None) -> Registry:
    """Build the enabled agents from what is installed.

    Args:
        configuration: says which agents are enabled, and with what settings.
        discovery: what is installed; without it, it is looked up.

    Raises:
        InvalidPlugins: with every problem. A plugin that cannot be loaded is one even if it is
            not enabled: it may be a reviewer, without which nothing may run.
        InvalidConfiguration: with every problem, where all of them are values of the plugins'
            sections.
    """
    found = discover() if discovery is None else discovery
    problems: list[LakevisorError] = list(found.problems)
    agents: list[EnabledAgent] = []
    problems += _not_installed(configuration, found)
    for plugin in found.plugins:
        if plugin.name in configuration.settings.agents:
            try:
                agents.append(enable(plugin, configuration))
            except InvalidPlugins as error:
                problems += error.problems
    problems += _clashes(agents, {plugin.name: plugin for plugin in found.plugins})
    values = [each for each in problems if isinstance(each, ConfigurationError)]
    if problems and len(values) == len(problems):
        raise InvalidConfiguration(values, about="the configuration of the plugins")
    if problems:
        raise InvalidPlugins(problems)
    return Registry(agents=tuple(agents), hooks=Hooks(found.plugins))


def _not_installed(configuration: Configuration, found: Discovery) -> Iterator[PluginError]:
    installed = {plugin.name for plugin in found.plugins}
    broken = {problem.entry_point for problem in found.problems}
    for name in sorted(set(configuration.settings.agents) - installed - broken):
        nearest = nearest_name(name, installed)
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        origin = configuration.origin_of(f"agents.{name}")
        yield PluginError(
            f"{origin}: agents.{name} is configured, but no plugin has this name.{hint}",
            remedy=f"Installed: {', '.join(sorted(installed)) or 'none'}. "
            f"Install the plugin, or take agents.{name} out of the configuration.",
        )


def _clashes(
    agents: Iterable[EnabledAgent], plugins: Mapping[str, Plugin]
) -> Iterator[PluginError]:
    owners: dict[str, list[str]] = defaultdict(list)
    for agent in agents:
        for tool in agent.tools:
            owners[tool.name].append(f"{agent.name!r} ({plugins[agent.name].distribution})")
    for name in sorted(owners):
        if len(owners[name]) > 1:
            yield PluginError(
                f"The tool {name!r} belongs to more than one agent: {', '.join(owners[name])}.",
                remedy="Enable only one of these agents, or rename the tool in its plugin.",
            )
