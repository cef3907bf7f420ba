"""A plugin that asks the person before a job is started."""

from __future__ import annotations

from lakevisor_plugin import Decision, ToolCall, Verdict, hookimpl


@hookimpl
def lakevisor_review_tool_call(call: ToolCall) -> Verdict | None:
    """Ask about launches, and about nothing else."""
    if call.tool == "start_databricks_job":
        return Verdict(decision=Decision.ASK, reason="This costs money.")
    return None
