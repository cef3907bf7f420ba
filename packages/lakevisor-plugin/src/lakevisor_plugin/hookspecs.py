"""The hooks: what every plugin may say about one shared thing.

A plugin is a module or object that an entry point of the group `lakevisor` names; its hooks are
functions marked with `hookimpl`. A hook may leave out arguments that it does not need.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pluggy
from langchain_core.language_models import BaseChatModel

from lakevisor_plugin.events import Event
from lakevisor_plugin.review import ToolCall, Verdict
from lakevisor_plugin.sub_agent import SubAgent
from lakevisor_plugin.turn import Turn

PROJECT = "lakevisor"
"""The project name of the hooks and the group of the entry points."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as an implementation of the hook of the same name."""


class HookSpecs:
    """The four hooks of Lakevisor."""

    @hookspec
    def lakevisor_register_agent(self) -> SubAgent[Any]:  # type: ignore[empty-body]  # a spec
        """Return the plugin's sub-agent; called once, when the supervisor is built.

        At most one a plugin. If it raises, the plugin is quarantined and all problems are
        reported together.
        """

    @hookspec(firstresult=True)
    def lakevisor_build_chat_model(
        self, role: str, settings: Mapping[str, Any]
    ) -> BaseChatModel | None:
        """Return the chat model for a role, or None to leave it to the next plugin.

        The first answer wins; Lakevisor's own comes last. If it raises, start-up fails and names
        the plugin.

        Args:
            role: `supervisor` or the name of a sub-agent.
            settings: the `model` section of the configuration.
        """

    @hookspec
    def lakevisor_review_tool_call(self, call: ToolCall, turn: Turn) -> Verdict | None:
        """Say whether a tool call may run; None is no opinion.

        All are asked and the strictest wins: REFUSE over ASK over ALLOW. If it raises, that counts
        as REFUSE. It must not block: it runs on the event loop.
        """

    @hookspec
    def lakevisor_observe(self, event: Event) -> None:
        """Hear of an event of a turn. Results are ignored; what it raises is logged.

        It must not block: it runs on the event loop.
        """
