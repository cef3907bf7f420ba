"""One installed plugin, and all that were found."""

from dataclasses import dataclass
from traceback import extract_tb
from typing import Any

from lakevisor.errors import PluginError
from lakevisor_plugin import SubAgent


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """A plugin that is installed, could be loaded, and implements hooks as they are."""

    name: str
    """The entry point's name."""
    distribution: str | None
    """The distribution that brings it; None only for entry points made by hand."""
    version: str | None
    """The distribution's version."""
    module: str
    """What the entry point names: `package.module` or `package.module:object`."""
    object: Any
    """The module or object with the hooks."""
    sub_agent: SubAgent[Any] | None = None
    """Its sub-agent, if it registers one and nothing is wrong with it."""
    problems: tuple[PluginError, ...] = ()
    """What is wrong with its sub-agent; it matters once the configuration enables the agent."""

    def problem(self, text: str, *, remedy: str | None = None) -> PluginError:
        """Return an error that names this plugin."""
        return PluginError(
            text, distribution=self.distribution, entry_point=self.name, remedy=remedy
        )


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """What was found among the installed distributions."""

    plugins: tuple[Plugin, ...]
    """The plugins that could be loaded, sorted by name."""
    problems: tuple[PluginError, ...]
    """What is wrong with the others; any of these stops the start-up."""

    @property
    def all_problems(self) -> tuple[PluginError, ...]:
        """Everything that is wrong, with plugins that are not enabled too."""
        return (*self.problems, *(each for plugin in self.plugins for each in plugin.problems))


def described(error: BaseException) -> str:
    """Return what was raised and where, in one line for an operator."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = [f for f in extract_tb(error.__traceback__) if "importlib" not in f.filename]
    # The first frame is the line of ours that asked the plugin.
    return f"{said} ({frames[-1].filename}:{frames[-1].lineno})" if len(frames) > 1 else said
