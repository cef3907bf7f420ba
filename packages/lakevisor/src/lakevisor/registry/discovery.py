"""Finding plugins: each entry point on its own, so that one broken plugin hides no other.

A plugin that cannot be loaded, or whose hooks are not hooks, is a problem even if no agent of its
name is configured: it may be a reviewer, and a reviewer must not vanish silently.
"""

from __future__ import annotations

import inspect
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points as installed_entry_points
from typing import Any

from lakevisor.errors import PluginError
from lakevisor.registry.plugin import Discovery, Plugin, described
from lakevisor_plugin import PROJECT
from lakevisor_plugin.rules import hook_problems, registration, sub_agent_problems

logger = logging.getLogger(__name__)


def discover(entry_points: Iterable[EntryPoint] | None = None) -> Discovery:
    """Load the installed plugins and ask each for its sub-agent; raises nothing.

    Args:
        entry_points: where to look; without them, the installed distributions' group `lakevisor`.
    """
    if entry_points is None:
        entry_points = installed_entry_points(group=PROJECT)
    by_name: dict[str, list[EntryPoint]] = defaultdict(list)
    for entry_point in entry_points:
        by_name[entry_point.name].append(entry_point)
    plugins: list[Plugin] = []
    problems: list[PluginError] = []
    for name in sorted(by_name):
        if len(by_name[name]) > 1:
            problems.append(_claimed_twice(name, by_name[name]))
            continue
        loaded = _load(by_name[name][0])
        faults = [loaded] if isinstance(loaded, PluginError) else list(_faults(loaded, plugins))
        problems += faults
        if isinstance(loaded, Plugin) and not faults:
            plugins.append(_with_sub_agent(loaded))
    return Discovery(plugins=tuple(plugins), problems=tuple(problems))


def _claimed_twice(name: str, entry_points: Iterable[EntryPoint]) -> PluginError:
    claims = sorted(f"{_distribution(each) or 'unknown'!r} ({each.value})" for each in entry_points)
    return PluginError(
        f"the name is claimed by {' and by '.join(claims)}; none of them was loaded.",
        entry_point=name,
        remedy="Uninstall all but one of these distributions.",
    )


def _load(entry_point: EntryPoint) -> Plugin | PluginError:
    distribution = _distribution(entry_point)
    try:
        loaded: Any = entry_point.load()
    # A plugin's import runs foreign code that may raise anything, and even exit; one broken plugin
    # must not hide what is wrong with the others.
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an isolation point
        return _broken(
            PluginError(
                f"cannot be imported: {described(error)}",
                distribution=distribution,
                entry_point=entry_point.name,
                remedy=f"Repair the plugin, or uninstall {distribution or 'its distribution'}.",
            ),
            error,
        )
    return Plugin(
        name=entry_point.name,
        distribution=distribution,
        version=entry_point.dist.version if entry_point.dist else None,
        module=entry_point.value,
        object=loaded,
    )


def _faults(plugin: Plugin, others: Iterable[Plugin]) -> Iterator[PluginError]:
    if inspect.isclass(plugin.object):
        yield plugin.problem(f"{plugin.module!r} is a class; name a module or an instance.")
        return
    for other in others:
        if other.object is plugin.object:
            yield plugin.problem(f"{plugin.module!r} is already the plugin {other.name!r}.")
    for text in hook_problems(plugin.object):
        yield plugin.problem(text)


def _with_sub_agent(plugin: Plugin) -> Plugin:
    register = registration(plugin.object)
    if register is None:
        return plugin
    try:
        sub_agent = register()
    # The hook is foreign code; a plugin that fails here is reported together with all others.
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an isolation point
        text = f"lakevisor_register_agent failed: {described(error)}"
        return replace(plugin, problems=(_broken(plugin.problem(text), error),))
    texts = sub_agent_problems(sub_agent, name=plugin.name)
    if texts:
        return replace(plugin, problems=tuple(plugin.problem(text) for text in texts))
    return replace(plugin, sub_agent=sub_agent)


def _broken(problem: PluginError, error: BaseException) -> PluginError:
    """Keep the traceback where a developer finds it: as the cause, and in the log."""
    problem.__cause__ = error
    logger.debug("%s", problem.message, exc_info=error, extra={"action": "plugin_quarantined"})
    return problem


def _distribution(entry_point: EntryPoint) -> str | None:
    return entry_point.dist.name if entry_point.dist else None
