"""Which run a person means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lakevisor_jobs.run_look import see_run, stop_was_requested
from lakevisor_jobs.run_report import RunReport
from lakevisor_jobs.run_sentences import phrase
from lakevisor_plugin import AskPerson, GiveUp, Operation, TryAgain, Turn

KIND = "job_run"
"""The kind of our operations."""

_RUN_ID = re.compile(r"[0-9]{1,19}")


async def choose_run(run_id: str | None, *, turn: Turn) -> Operation:
    """Return the run that is meant.

    Without an id it is the one of this conversation that goes on; a run that was asked to stop
    counts only when no other goes on, and one that has ended only when none does. When several
    seem to go on they are looked at first: what was seen last may be long ago.

    Raises:
        TryAgain: the id is not a number.
        OperationNotFound: the person has no such run.
        GiveUp: no job was started in this conversation.
        AskPerson: several go on.
    """
    if run_id is not None and run_id.strip():
        return await turn.operations.get(_number(run_id.strip()), kind=KIND)
    runs = await turn.operations.list(kind=KIND)
    if not runs:
        raise GiveUp("No job was started in this conversation.")
    in_question = _going_on(runs) or _stopping(runs) or runs[-1:]
    if len(in_question) == 1:
        return in_question[0]
    seen = [await see_run(run, turn=turn) for run in in_question]
    open_reports = [report for report in seen if not report.state.is_final]
    if len(open_reports) > 1:
        raise AskPerson(_question(in_question, open_reports))
    return await turn.operations.get((open_reports or seen)[-1].run_id, kind=KIND)


def _number(text: str) -> str:
    if _RUN_ID.fullmatch(text) is None:
        raise TryAgain(
            f"A run id is a number, and {text[:80]!r} is none. Without an id it is the run of this "
            "conversation that is meant."
        )
    return text.lstrip("0") or "0"


def _going_on(runs: Sequence[Operation]) -> Sequence[Operation]:
    return [run for run in runs if not run.is_final and not stop_was_requested(run)]


def _stopping(runs: Sequence[Operation]) -> Sequence[Operation]:
    return [run for run in runs if stop_was_requested(run)][-1:]


def _question(runs: Sequence[Operation], reports: Sequence[RunReport]) -> str:
    titles = {run.run_id: run.title for run in runs}
    lines = [f"- {each.run_id}: {titles[each.run_id]}, {phrase(each.state)}" for each in reports]
    return "\n".join(["Which run?", "", *lines])
