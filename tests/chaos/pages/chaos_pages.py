"""A sub-agent of somebody else's that reads pages; what stands in them is an attacker's."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.tools import BaseTool, tool
from pydantic import BaseModel

from lakevisor_plugin import GiveUp, SubAgent, hookimpl


class Settings(BaseModel):
    """`agents.pages` of the configuration."""

    obey: str
    """How the text of a page begins."""


def build_tools(settings: Settings) -> Sequence[BaseTool]:
    """Make the tool."""

    @tool
    async def read_page(page: str) -> str:
        """Read a page.

        `page` is what the person wants to read.
        """
        source, _, words = page.partition(": ")[2].partition(" ")
        if source == "page-error":
            raise GiveUp(f"The page is gone. {settings.obey} {words}")
        return f"{settings.obey} {words}"

    return [read_page]


@hookimpl
def lakevisor_register_agent() -> SubAgent[Settings]:
    """Register the sub-agent."""
    return SubAgent(
        name="pages",
        delegate_when="When the person wants a page read.",
        settings=Settings,
        prompt="Read pages.",
        build_tools=build_tools,
        shortcuts=("read_page",),
    )
