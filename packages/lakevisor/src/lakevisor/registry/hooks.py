"""The hooks as typed methods; nothing of pluggy is seen outside this file.

Each plugin is asked on its own and not by pluggy's call of all at once, so that one that raises
is known by name and silences no other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pluggy
from langchain_core.language_models import BaseChatModel

from lakevisor.registry.plugin import Plugin, described
from lakevisor_plugin import PROJECT, Decision, Event, HookSpecs, ToolCall, Turn, Verdict

logger = logging.getLogger(__name__)

_UNREVIEWED = "The call could not be reviewed, so it does not run."


class Hooks:
    """Asks the plugins, in the order of their names."""

    def __init__(self, plugins: Iterable[Plugin] = ()) -> None:
        """Take the plugins.

        Args:
            plugins: loaded and checked, each name once; see `discover`.
        """
        self._plugins = {plugin.name: plugin for plugin in plugins}
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(HookSpecs)
        # pluggy asks the plugin first that was registered last.
        for name in sorted(self._plugins, reverse=True):
            self._manager.register(self._plugins[name].object, name=name)

    def build_chat_model(self, role: str, settings: Mapping[str, Any]) -> BaseChatModel | None:
        """Return the first plugin's chat model for a role, or None where no plugin has one.

        Raises:
            PluginError: a plugin failed, or returned something else.
        """
        name = "lakevisor_build_chat_model"
        for asked in self._asked(name, role=role, settings=settings):
            try:
                model = asked.answer()
            # Foreign code; start-up fails with the plugin's name whatever it was.
            except Exception as error:
                raise asked.plugin.problem(f"{name} failed: {described(error)}") from error
            if isinstance(model, BaseChatModel):
                return model
            if model is not None:
                given = type(model).__name__
                raise asked.plugin.problem(f"{name} returned {given}, not a BaseChatModel.")
        return None

    def review_tool_call(self, call: ToolCall, turn: Turn) -> Verdict:
        """Return the strictest verdict of all plugins, with the reasons of all who share it.

        A plugin that fails or answers with something else counts as REFUSE.
        """
        verdicts = []
        # Each has a copy of its own, so that no reviewer changes what the next one sees or runs.
        for asked in self._asked("lakevisor_review_tool_call", call=call, turn=turn):
            verdict = _reviewed(asked.with_copy_of("call"))
            if verdict is not None:
                verdicts.append(verdict)
        strictest = max((each.decision for each in verdicts), default=Decision.ALLOW)
        reasons = [each.reason for each in verdicts if each.decision is strictest and each.reason]
        return Verdict(decision=strictest, reason=" ".join(dict.fromkeys(reasons)))

    def observe(self, event: Event) -> None:
        """Tell every plugin of an event; what one raises is logged, and the others still hear."""
        for asked in self._asked("lakevisor_observe", event=event):
            try:
                asked.answer()
            # Foreign code; a turn does not fail because somebody who watches it did.
            except Exception:
                logger.exception(
                    "The observer %r failed at %s.",
                    asked.plugin.name,
                    type(event).__name__,
                    extra={"action": "observer_failed"},
                )

    def _asked(self, hook: str, **arguments: Any) -> Iterator[_Asked]:
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        for found in reversed(caller.get_hookimpls()):
            plugin = self._plugins[found.plugin_name]
            yield _Asked(plugin=plugin, found=found, arguments=arguments)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """One plugin's implementation of a hook, with what it is asked."""

    plugin: Plugin
    found: pluggy.HookImpl
    arguments: Mapping[str, Any]

    def answer(self) -> Any:
        """Call the implementation with those arguments that it takes."""
        return self.found.function(*(self.arguments[name] for name in self.found.argnames))

    def with_copy_of(self, name: str) -> _Asked:
        copied = self.arguments[name].model_copy(deep=True)
        return _Asked(
            plugin=self.plugin, found=self.found, arguments={**self.arguments, name: copied}
        )


def _reviewed(asked: _Asked) -> Verdict | None:
    try:
        verdict = asked.answer()
    # Foreign code; who cannot say that a call is safe has not said so.
    except Exception:
        logger.exception(
            "The reviewer %r failed; the call is refused.",
            asked.plugin.name,
            extra={"action": "reviewer_failed"},
        )
        return Verdict(decision=Decision.REFUSE, reason=_UNREVIEWED)
    if verdict is None:
        return None
    if not isinstance(verdict, Verdict):
        logger.error(
            "The reviewer %r returned %s, not a Verdict; the call is refused.",
            asked.plugin.name,
            type(verdict).__name__,
            extra={"action": "reviewer_failed"},
        )
        return Verdict(decision=Decision.REFUSE, reason=_UNREVIEWED)
    if verdict.decision is not Decision.ALLOW and not verdict.reason:
        reason = f"The plugin {asked.plugin.name!r} gave no reason."
        return verdict.model_copy(update={"reason": reason})
    return verdict
