"""Whether a plugin's functions are the hooks that they mean to be.

pluggy looks only at what is marked and fills only arguments without a default, in silence: a
mistyped name or a forgotten mark would be a reviewer that is never asked.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pluggy

from lakevisor_plugin.hookspecs import PROJECT, HookSpecs
from lakevisor_plugin.rules.nearest import hint

REGISTER = "lakevisor_register_agent"
_PREFIX = f"{PROJECT}_"


def hook_arguments() -> dict[str, tuple[str, ...]]:
    """Return the names of the hooks, each with the names of its arguments."""
    return {
        name: tuple(inspect.signature(function).parameters)[1:]
        for name, function in vars(HookSpecs).items()
        if name.startswith(_PREFIX)
    }


def hook_problems(plugin: object) -> list[str]:
    """Return what is wrong with the hooks of a module or object."""
    implementations = list(_implementations(plugin))
    problems = list(_unmarked(plugin))
    for implementation in implementations:
        problems += _problems_of(implementation)
    registrations = [each for each in implementations if each.hook_name == REGISTER]
    if len(registrations) > 1:
        problems.append(f"{REGISTER} is implemented {len(registrations)} times; one is allowed.")
    if not implementations and not problems:
        problems.append("implements no hook; is a function marked with @hookimpl?")
    return problems


def registration(plugin: object) -> Callable[[], Any] | None:
    """Return the function that registers the plugin's sub-agent, if there is one."""
    found = (each.function for each in _implementations(plugin) if each.hook_name == REGISTER)
    return next(found, None)


def implemented_hooks(plugin: object) -> list[str]:
    """Return the names of the hooks that a module or object implements."""
    return [each.hook_name for each in _implementations(plugin)]


class _Implementation:
    """One marked function of a plugin."""

    def __init__(self, hook_name: str, found: pluggy.HookImpl) -> None:
        self.hook_name = hook_name
        self.function: Callable[..., Any] = found.function
        self.is_wrapper = found.wrapper or found.hookwrapper
        self.is_optional = found.optionalhook
        self.parameters = inspect.signature(found.function).parameters.values()


def _implementations(plugin: object) -> Iterator[_Implementation]:
    # A manager without the specifications takes every marked function, so that all is seen.
    manager = pluggy.PluginManager(PROJECT)
    manager.register(plugin)
    for caller in manager.get_hookcallers(plugin) or ():
        for found in caller.get_hookimpls():
            yield _Implementation(caller.name, found)


def _unmarked(plugin: object) -> Iterator[str]:
    manager = pluggy.PluginManager(PROJECT)
    for name in dir(plugin):
        if not name.startswith(_PREFIX) or manager.parse_hookimpl_opts(plugin, name) is not None:
            continue
        found = inspect.getattr_static(plugin, name)
        if not inspect.isroutine(getattr(found, "__func__", found)):
            continue
        if name in hook_arguments():
            yield f"{name} is not marked with @hookimpl, so it would never be called."
        else:
            yield _unknown_hook(name)


def _unknown_hook(name: str) -> str:
    return f"there is no hook {name}. {hint(name, hook_arguments())}"


def _problems_of(implementation: _Implementation) -> Iterator[str]:
    name = implementation.hook_name
    known = hook_arguments().get(name)
    if known is None:
        if not implementation.is_optional:
            yield _unknown_hook(name)
        return
    if implementation.is_wrapper:
        yield f"{name} wraps the hook; only plain implementations are taken."
        return
    if inspect.iscoroutinefunction(implementation.function):
        yield f"{name} is asynchronous; hooks are plain functions."
    for parameter in implementation.parameters:
        yield from _problems_of_parameter(name, parameter, known)


def _problems_of_parameter(
    hook: str, parameter: inspect.Parameter, known: tuple[str, ...]
) -> Iterator[str]:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        yield f"{hook} takes {parameter}, which is never filled; name the arguments."
    elif parameter.name not in known:
        yield f"{hook} has no argument {parameter.name!r}. {hint(parameter.name, known)}"
    elif parameter.default is not parameter.empty:
        yield f"{hook} gives {parameter.name!r} a default, so it would never be filled."
    elif parameter.kind is parameter.KEYWORD_ONLY:
        yield f"{hook} takes {parameter.name!r} by keyword only; hooks are called by position."
