"""What a run brought: its results, or the errors of the tasks that failed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakevisor_jobs.run_report import RunReport, TaskReport
from lakevisor_plugin import Turn

if TYPE_CHECKING:
    from databricks.sdk.service.jobs import RunOutput

MAX_RESULT_CHARS = 4000
MAX_ERROR_CHARS = 400
MAX_TASKS = 5
"""Of so many tasks at most the output is fetched: each is one request."""

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


async def run_result(report: RunReport, *, turn: Turn) -> str:
    """Return what a run that succeeded brought, as Markdown; empty when it left nothing.

    The result of a job is that of the tasks on which no other task depends.
    """
    leaves = [task for task in report.tasks if task.is_leaf and task.state.is_success]
    found = [(task, _shown(await _output(task, turn=turn))) for task in leaves[:MAX_TASKS]]
    found = [(task, text) for task, text in found if text]
    if len(found) == 1:
        return found[0][1]
    return "\n\n".join(f"**{task.key}**\n\n{text}" for task, text in found)


async def run_errors(report: RunReport, *, turn: Turn) -> str:
    """Return a line of Markdown for each task that failed, with its error in short."""
    lines = [
        _error_line(task, await _output(task, turn=turn)) for task in _first(report.failed_tasks)
    ]
    left = len(report.failed_tasks) - len(lines)
    return "\n".join(lines + ([f"- and {left} more"] if left else []))


def _first(tasks: Iterable[TaskReport]) -> list[TaskReport]:
    return list(tasks)[:MAX_TASKS]


async def _output(task: TaskReport, *, turn: Turn) -> RunOutput | None:
    from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied

    try:
        return await turn.call(turn.workspace.jobs.get_run_output, task.run_id)
    # The state of the run stands and is worth telling; some tasks have no output to fetch.
    except (BadRequest, NotFound, PermissionDenied):
        return None


def _shown(output: RunOutput | None) -> str:
    if output is None:
        return ""
    notebook = output.notebook_output
    if notebook is not None and notebook.result:
        return _cut(_readable(notebook.result), was_cut=bool(notebook.truncated))
    if output.logs:
        text = _ANSI.sub("", output.logs).strip()
        return f"```\n{_cut(text, was_cut=bool(output.logs_truncated))}\n```"
    return ""


def _readable(text: str) -> str:
    """Return a notebook's exit value for a person.

    Of a JSON object its `markdown` is shown, where it has that text: a notebook may say the same
    for people and, beside it, for programs. Other JSON is shown as a block, and text as it is.
    """
    try:
        value = json.loads(text)
    except ValueError:
        return text.strip()
    if isinstance(value, dict) and isinstance(value.get("markdown"), str):
        return str(value["markdown"]).strip()
    if not isinstance(value, dict | list):
        return text.strip()
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"


def _cut(text: str, *, was_cut: bool) -> str:
    if len(text) <= MAX_RESULT_CHARS:
        return f"{text}\n\n(cut by Databricks)" if was_cut else text
    fence = "\n```" if text.startswith("```") else ""
    return f"{text[:MAX_RESULT_CHARS]} …{fence}\n\n(cut; the run's page shows all of it)"


def _error_line(task: TaskReport, output: RunOutput | None) -> str:
    error = output.error if output is not None else None
    words = " ".join(_ANSI.sub("", error or "").split())
    if not words:
        return f"- `{task.key}` failed"
    short = words if len(words) <= MAX_ERROR_CHARS else f"{words[:MAX_ERROR_CHARS]} …"
    return f"- `{task.key}`: {short}"
