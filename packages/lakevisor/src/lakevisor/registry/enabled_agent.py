"""A sub-agent with its settings: what the graph is built from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import BaseModel

from lakevisor.config import SECRETS, Configuration
from lakevisor.errors import InvalidConfiguration, InvalidPlugins, LakevisorError
from lakevisor.registry.plugin import Plugin, described
from lakevisor_plugin import SubAgent
from lakevisor_plugin.rules import delegation_problems, graph_problems, tool_problems

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class EnabledAgent:
    """A sub-agent that the configuration enables, checked and ready to be put into the graph."""

    name: str
    """Its name, the key under `agents` in the configuration."""
    sub_agent: SubAgent[Any]
    """What its plugin says about it."""
    settings: BaseModel
    """`agents.<name>` of the configuration, validated."""
    delegate_when: str
    """For the router: when to hand over to this agent, and when not."""
    prompt: str
    """The system prompt of its own model; empty where it brings a graph."""
    tools: tuple[BaseTool, ...] = ()
    """Its tools, in the plugin's order; none where it brings a graph."""
    shortcuts: tuple[str, ...] = ()
    """Names of tools that the supervisor may call in its routing call."""
    actions: tuple[str, ...] = ()
    """Names of tools that programs may call."""
    graph: Runnable[Any, Any] | None = None
    """Its own compiled graph, instead of prompt and tools."""


def enable(plugin: Plugin, configuration: Configuration) -> EnabledAgent:
    """Build a plugin's sub-agent from its settings.

    Raises:
        InvalidPlugins: with every problem of this plugin.
    """
    sub_agent = plugin.sub_agent
    if sub_agent is None:
        text = f"it registers no sub-agent, so agents.{plugin.name} has nothing to enable."
        raise InvalidPlugins(plugin.problems or (plugin.problem(text),))
    try:
        settings = configuration.agent_settings(plugin.name, sub_agent.settings)
    except InvalidConfiguration as error:
        raise InvalidPlugins(error.problems) from error
    SECRETS.learn_model(settings)
    making = _Making(plugin, sub_agent, settings)
    problems: list[LakevisorError] = []
    enabled = EnabledAgent(
        name=plugin.name,
        sub_agent=sub_agent,
        settings=settings,
        delegate_when=_collected(problems, making.delegate_when, otherwise=""),
        prompt=sub_agent.prompt,
        tools=_collected(problems, making.tools, otherwise=()),
        shortcuts=tuple(sub_agent.shortcuts),
        actions=tuple(sub_agent.actions),
        graph=_collected(problems, making.graph, otherwise=None),
    )
    if problems:
        raise InvalidPlugins(problems)
    return enabled


def _collected(problems: list[LakevisorError], make: Callable[[], T], *, otherwise: T) -> T:
    try:
        return make()
    except InvalidPlugins as error:
        problems += error.problems
        return otherwise


class _Making:
    """Runs a plugin's own functions on its settings, and checks what they make."""

    def __init__(self, plugin: Plugin, sub_agent: SubAgent[Any], settings: BaseModel) -> None:
        self._plugin = plugin
        self._sub_agent = sub_agent
        self._settings = settings

    def delegate_when(self) -> str:
        words: Any = self._sub_agent.delegate_when
        if callable(words):
            words = self._run("delegate_when", words)
        self._refuse(delegation_problems(words))
        return str(words).strip()

    def tools(self) -> tuple[BaseTool, ...]:
        if self._sub_agent.build_tools is None:
            return ()
        made = self._run("build_tools", self._sub_agent.build_tools)
        sub_agent = self._sub_agent
        problems = tool_problems(
            made, sub_agent.shortcuts, sub_agent.effects, actions=sub_agent.actions
        )
        self._refuse(problems)
        return tuple(made)

    def graph(self) -> Runnable[Any, Any] | None:
        if self._sub_agent.build_graph is None:
            return None
        made: Runnable[Any, Any] = self._run("build_graph", self._sub_agent.build_graph)
        self._refuse(graph_problems(made))
        return made

    def _run(self, field: str, make: Callable[[Any], Any]) -> Any:
        try:
            return make(self._settings)
        # Foreign code; what it raises is reported together with all other problems.
        except (Exception, SystemExit) as error:
            text = f"{field} failed: {described(error)}"
            raise InvalidPlugins([self._plugin.problem(text)]) from error

    def _refuse(self, texts: Sequence[str]) -> None:
        if texts:
            raise InvalidPlugins([self._plugin.problem(text) for text in texts])
