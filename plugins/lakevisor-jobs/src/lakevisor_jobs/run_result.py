"""What a run brought: its results, or the errors of the tasks that failed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lakevisor_jobs.run_report import RunReport, TaskReport
from lakevisor_plugin import Turn

if TYPE_CHECKING:
    from databricks.sdk.service.jobs import RunOutput

MAX_RESULT_CHARS = 4000
MAX_STEP_CHARS = 200
MAX_ERROR_CHARS = 400
MAX_TRACE_LINES = 6
MAX_TRACE_CHARS = 800
MAX_TASKS = 5
"""Of so many tasks at most the output is fetched: each is one request."""

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


async def run_result(report: RunReport, *, turn: Turn) -> str:
    """Return what a run that succeeded brought, as Markdown; empty when it left nothing.

    The result of a job is that of the tasks on which no other task depends; what the tasks before
    them gave back follows with a line for each.
    """
    done = [task for task in report.tasks if task.state.is_success]
    shown = sorted(done, key=lambda task: not task.is_leaf)[:MAX_TASKS]
    outputs = await _outputs(shown, turn=turn)
    results = [(task.key, _shown(output)) for task, output in outputs if task.is_leaf]
    results = [(key, text) for key, text in results if text]
    parts = [text if len(results) == 1 else f"**{key}**\n\n{text}" for key, text in results]
    steps = [_step(task, output) for task, output in outputs if not task.is_leaf]
    if any(steps):
        parts.append("\n".join(["Before that:", "", *filter(None, steps)]))
    if len(done) > len(shown):
        parts.append(f"({len(done) - len(shown)} more tasks; the run's page shows them)")
    return "\n\n".join(parts)


async def run_errors(report: RunReport, *, turn: Turn) -> str:
    """Return for each task that failed its error in short and the end of its trace."""
    outputs = await _outputs(report.failed_tasks[:MAX_TASKS], turn=turn)
    parts = [f"{_error_line(task, output)}{_trace(output)}" for task, output in outputs]
    left = len(report.failed_tasks) - len(parts)
    return "\n".join(parts + ([f"- and {left} more"] if left else []))


async def first_error(report: RunReport, *, turn: Turn) -> str:
    """Return the first task that failed and why, in one line."""
    [(task, output)] = await _outputs(report.failed_tasks[:1], turn=turn)
    return _error_line(task, output).removeprefix("- ")


async def _outputs(
    tasks: Sequence[TaskReport], *, turn: Turn
) -> list[tuple[TaskReport, RunOutput | None]]:
    found = await asyncio.gather(*(_output(task, turn=turn) for task in tasks))
    return list(zip(tasks, found, strict=True))


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
        text = _plain(output.logs).strip()
        return f"```\n{_cut(text, was_cut=bool(output.logs_truncated))}\n```"
    return ""


def _step(task: TaskReport, output: RunOutput | None) -> str:
    """Return what a task gave back for those after it, in one line; empty where it is nothing."""
    notebook = output.notebook_output if output is not None else None
    text = " ".join((notebook.result if notebook and notebook.result else "").split())
    if not text:
        return ""
    short = text if len(text) <= MAX_STEP_CHARS else f"{text[:MAX_STEP_CHARS]} … (cut)"
    return f"- `{task.key}`: {short}"


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
    words = " ".join(_plain(error or "").split())
    if not words:
        return f"- `{task.key}` failed"
    short = words if len(words) <= MAX_ERROR_CHARS else f"{words[:MAX_ERROR_CHARS]} …"
    return f"- `{task.key}`: {short}"


def _trace(output: RunOutput | None) -> str:
    """Return the end of a trace, where the cause stands, as a block below the error's line."""
    whole = _plain((output.error_trace if output is not None else None) or "").rstrip()
    lines = [line for line in whole.splitlines() if line.strip()]
    last = "\n".join(lines[-MAX_TRACE_LINES:])[-MAX_TRACE_CHARS:]
    if not last:
        return ""
    mark = "" if len(last) == len("\n".join(lines)) else "… (the run's page shows all of it)\n"
    block = f"```\n{mark}{last}\n```".replace("\n", "\n  ")
    return f"\n\n  {block}\n"


def _plain(text: str) -> str:
    return _ANSI.sub("", text)
