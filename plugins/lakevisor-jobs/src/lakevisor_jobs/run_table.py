"""The runs of a person, over all conversations."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC

from pydantic import JsonValue

from lakevisor_jobs.run_choice import KIND
from lakevisor_jobs.run_look import see_run, told_state
from lakevisor_jobs.run_report import RunReport
from lakevisor_jobs.run_sentences import duration
from lakevisor_plugin import Answer, GiveUp, Operation, Turn

LATEST = 20
"""How many runs are shown."""
ONLY_OWN = "These are your own; only administrators see everybody's."
LOOKS = 5
"""How many of those that have not been seen to end are looked at; each is one request."""
LOOK_SECONDS = 4.0
"""How long that may take; what is not seen by then is shown as it was seen last."""


async def latest_runs(*, turn: Turn, everyone: bool = False) -> Answer:
    """Return the caller's latest runs as a Markdown table, the latest first.

    Args:
        turn: the caller's.
        everyone: those of everybody, where the caller is an administrator.
    """
    found = await turn.operations.list(kind=KIND, everywhere=True, everyone=everyone)
    every = list(reversed(found))
    own = "" if turn.operations.may_see_everybody or not everyone else f"\n\n{ONLY_OWN}"
    if not every:
        return Answer(text=f"You have not started any job yet.{own}")
    runs = every[:LATEST]
    seen = await _look([run for run in runs if not run.is_final][:LOOKS], turn=turn)
    heads = ["run", "job", "state", "started"]
    if any(run.owner is not None for run in runs):
        heads.append("by")
    rows = [_row(run, seen.get(run.run_id))[: len(heads)] for run in runs]
    lines = [_line(heads), "|---" * len(heads) + "|"]
    lines += [_line([_cell(each) for each in row]) for row in rows]
    text = "\n".join(lines)
    if len(every) > LATEST:
        text += f"\n\nThe latest {LATEST} runs."
    text += own
    return Answer(text=text, data={"runs": [_data(run, seen.get(run.run_id)) for run in runs]})


async def _look(runs: Sequence[Operation], *, turn: Turn) -> Mapping[str, RunReport]:
    """Look at all at once; who cannot be seen in time stays as seen last."""
    looks = {run.run_id: asyncio.create_task(see_run(run, turn=turn)) for run in runs}
    if not looks:
        return {}
    await asyncio.wait(looks.values(), timeout=min(LOOK_SECONDS, turn.seconds_left()))
    for task in looks.values():
        task.cancel()
    results = await asyncio.gather(*looks.values(), return_exceptions=True)
    return dict(_seen(looks, results))


def _seen(
    run_ids: Mapping[str, object], results: Sequence[RunReport | BaseException]
) -> list[tuple[str, RunReport]]:
    seen = []
    for run_id, result in zip(run_ids, results, strict=True):
        if isinstance(result, RunReport):
            seen.append((run_id, result))
        elif not isinstance(result, OSError | GiveUp | asyncio.CancelledError):
            raise result
    return seen


def _state(run: Operation, report: RunReport | None) -> str:
    return run.state if report is None else told_state(run, report).value


def _row(run: Operation, report: RunReport | None) -> tuple[str, ...]:
    words = _state(run, report).replace("_", " ")
    if report is not None and report.seconds is not None:
        words += f", {duration(report.seconds)}"
    at = run.launched_at
    started = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if at else ""
    return run.run_id, run.title, words, started, run.owner or "you"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _data(run: Operation, report: RunReport | None) -> dict[str, JsonValue]:
    return {
        "run_id": run.run_id,
        "job": run.job,
        "state": _state(run, report),
        "url": (report.url if report else None) or run.url,
    }
