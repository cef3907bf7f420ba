"""The supervisor's prompt: static text first, agents in a fixed order (prompt caching)."""

from __future__ import annotations

from collections.abc import Sequence

from lakevisor.registry import EnabledAgent
from lakevisor_plugin import read_prompt


def supervisor_prompt(system_prompt: str, agents: Sequence[EnabledAgent]) -> str:
    """Return what the supervisor's model is told before the conversation.

    Args:
        system_prompt: `supervisor.system_prompt` of the configuration.
        agents: the enabled agents, sorted by name.
    """
    lines = [f"- {agent.name}: {agent.delegate_when}" for agent in agents]
    return "\n\n".join(
        [
            system_prompt.strip(),
            read_prompt(__package__, "supervisor.md"),
            "Your agents:\n" + "\n".join(lines) if lines else "You have no agents.",
        ]
    )
