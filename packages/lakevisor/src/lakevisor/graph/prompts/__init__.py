"""The supervisor's prompt: static text first, agents in a fixed order (prompt caching)."""

from lakevisor.graph.prompts.supervisor_prompt import supervisor_prompt

__all__ = ["supervisor_prompt"]
