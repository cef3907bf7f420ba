"""Who speaks, as the label before what they say."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

YOU = "you"
SUPERVISOR = "supervisor"
SUPERVISOR_LABEL = "lakevisor"
_MARK = " › "
_AGENT_COLOURS = ("cyan", "magenta", "yellow", "blue", "bright_cyan", "bright_magenta")


class Labels:
    """The labels of one conversation: aligned for you and the agents, a colour for each agent."""

    def __init__(self, agents: Iterable[str]) -> None:
        """Take the names of the configured agents."""
        names = sorted(agents)
        self._width = max(map(len, [YOU, *names]))
        self._colours = {
            name: _AGENT_COLOURS[number % len(_AGENT_COLOURS)] for number, name in enumerate(names)
        }

    @property
    def indent(self) -> int:
        """How many columns a label takes."""
        return self._width + len(_MARK)

    @property
    def you(self) -> str:
        """The label before what the person says."""
        return YOU.ljust(self._width) + _MARK

    def of(self, agent: str) -> Text:
        """Return the label of an agent; the supervisor speaks under the product's name."""
        name = SUPERVISOR_LABEL if agent == SUPERVISOR else agent
        colour = self._colours.get(agent, "green")
        return Text(name.ljust(self._width) + _MARK, style=f"bold {colour}")
