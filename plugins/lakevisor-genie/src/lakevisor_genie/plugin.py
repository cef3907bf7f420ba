"""The sub-agent, as the entry point `genie` registers it."""

from __future__ import annotations

from lakevisor_genie.access import check, resources
from lakevisor_genie.downloads import download
from lakevisor_genie.later import follow
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.tools import build_tools
from lakevisor_plugin import SubAgent, hookimpl, read_prompt


@hookimpl
def lakevisor_register_agent() -> SubAgent[GenieSettings]:
    """Return the sub-agent for questions about data."""
    return SubAgent(
        name="genie",
        delegate_when=_delegate_when,
        prompt=read_prompt("lakevisor_genie"),
        settings=GenieSettings,
        build_tools=build_tools,
        shortcuts=(
            "query_genie",
            "explain_genie_answer",
            "fetch_genie_answer",
            "withdraw_genie_question",
            "rate_genie_answer",
        ),
        effects=("withdraw_genie_question",),
        actions=(
            "explain_genie_answer",
            "fetch_genie_answer",
            "withdraw_genie_question",
            "rate_genie_answer",
        ),
        follow=follow,
        download=download,
        resources=resources,
        check=check,
    )


def _delegate_when(settings: GenieSettings) -> str:
    about = " ".join(
        f"{space.title}: {space.description.strip().rstrip('.')}."
        for space in settings.spaces.values()
    )
    return (
        f"For questions that figures from the data answer, and for where such figures come from. "
        f"{about} Not to start work."
    )
