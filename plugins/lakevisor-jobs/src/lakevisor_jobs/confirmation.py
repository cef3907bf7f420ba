"""What is asked before a job starts, is repaired or stops, where the configuration says so."""

from __future__ import annotations

from collections.abc import Mapping

from lakevisor_jobs.configured_jobs import ConfiguredJob
from lakevisor_plugin import AskFirst, Operation, Turn

_VALUE_CHARS = 300


def confirm_start(job: ConfiguredJob, parameters: Mapping[str, str], *, turn: Turn) -> None:
    """Raise `AskFirst` where a start needs the person's yes and does not have it."""
    if job.settings.confirm == "never" or turn.is_accepted:
        return
    # Ids that we add ourselves say nothing to a person.
    ours = job.settings.own_parameters
    shown = [f"{name}: {_short(text)}" for name, text in parameters.items() if name not in ours]
    words = f"with {', '.join(shown)}" if shown else "without parameters"
    raise AskFirst(
        f'"{job.settings.title}" is started only after your yes, {words}.',
        settled={"job": job.name},
    )


def confirm_repair(job: ConfiguredJob, operation: Operation, *, turn: Turn) -> None:
    """Raise `AskFirst` where a repair needs the person's yes and does not have it."""
    if job.settings.confirm == "always" and not turn.is_accepted:
        raise AskFirst(
            f"The failed tasks of run {operation.run_id} ({operation.title}) run again only after "
            "your yes.",
            settled={"run_id": operation.run_id},
        )


def confirm_cancel(operation: Operation, *, turn: Turn) -> None:
    """Raise `AskFirst` unless the person has accepted that a run is stopped."""
    if not turn.is_accepted:
        raise AskFirst(
            f"Run {operation.run_id} ({operation.title}) is stopped only after your yes.",
            settled={"run_id": operation.run_id},
        )


def _short(text: str) -> str:
    words = " ".join(text.split())
    return f'"{words}"' if len(words) <= _VALUE_CHARS else f'"{words[:_VALUE_CHARS]} …" (cut)'
