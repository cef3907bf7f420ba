"""A question that outlives its turn: handed back, asked for later, told once, withdrawn."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from lakevisor_genie.answers import Telling, cut
from lakevisor_genie.asking import Asking
from lakevisor_genie.charts import charted
from lakevisor_genie.client import GenieClient
from lakevisor_genie.outcomes import MessageRef, NoAccess, Outcome, Queued, TooSlow, Unanswered
from lakevisor_genie.provenance import provenance
from lakevisor_genie.question import PROGRESS
from lakevisor_genie.queueing import KIND, QUEUED, Waiting, go_on, message_of, title_of
from lakevisor_genie.reply import status_of
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import ConfiguredSpace
from lakevisor_genie.thread_memory import ThreadMemory
from lakevisor_genie.values import escaped
from lakevisor_plugin import (
    CHART,
    DOWNLOAD,
    Answer,
    AskPerson,
    Deferred,
    GiveUp,
    Operation,
    Seen,
    Started,
    Turn,
)

_LOOK_SECONDS = 10.0
"""How long a look may take; who asks whether the answer is there wants to know now."""
_WITHDRAWN = "WITHDRAWN"
_MAY_FINISH = "Genie may still finish it; its answer is not told."
_UNSENT = "It was not sent to Genie."


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a look at a question has shown."""

    outcome: Outcome
    """What has come of it so far; `TooSlow` while Genie is still at work."""
    state: str
    """Genie's own word for it."""
    is_final: bool
    """Whether it stays so."""


@dataclass(frozen=True, kw_only=True)
class LateQuestion:
    """A question that Genie was still working on when its turn ended."""

    operation: Operation
    """How the ledger knows it."""
    at: MessageRef | None
    """Where it is in the workspace; None while it waits for its turn."""
    space: ConfiguredSpace
    """The space that has it."""
    settings: GenieSettings
    """How its answer is read and told."""

    @classmethod
    def of(cls, operation: Operation, settings: GenieSettings) -> LateQuestion:
        """Return the question behind an operation.

        Raises:
            GiveUp: its space is no longer configured.
        """
        name = operation.job or ""
        if name not in settings.spaces:
            raise GiveUp(f"The space {name!r} of this question is no longer configured.")
        space = ConfiguredSpace(name=name, settings=settings.spaces[name])
        waiting = Waiting.of(operation)
        sent_as = operation.run_id if waiting is None else waiting.sent_as
        at = message_of(sent_as, space) if sent_as else None
        return cls(operation=operation, at=at, space=space, settings=settings)

    async def look(self, turn: Turn) -> Look:
        """Look once what has become of it."""
        at = self.at
        if at is None:
            return await self._look_at_queue(turn)
        try:
            client = await GenieClient.of(turn, self.settings, at_most=_LOOK_SECONDS)
            message = await client.patiently(
                client.genie.get_message, at.space_id, at.conversation_id, at.message_id
            )
        except Unanswered as fault:
            # Who may not see it now may see it with the token of another request.
            is_final = fault.outcome.is_end and not isinstance(fault.outcome, NoAccess)
            return Look(outcome=fault.outcome, state="unknown", is_final=is_final)
        asking = Asking(space=self.space, settings=self.settings, turn=turn)
        outcome, state = await asking.outcome_of(message, at, client), status_of(message)
        is_final = outcome is not None and not isinstance(outcome, TooSlow)
        seconds = max(0.0, time.time() - (message.created_timestamp or 0) / 1000)
        working = TooSlow(seconds=seconds, at=at, status=state)
        return Look(outcome=outcome or working, state=state or "unknown", is_final=is_final)

    async def _look_at_queue(self, turn: Turn) -> Look:
        """See that somebody waits to send it: if nobody does, this process from now on."""
        waiting = Waiting.of(self.operation)
        assert waiting is not None, "what was not sent in its turn waits"
        refusal = waiting.refusal()
        if refusal is not None:
            return Look(outcome=refusal, state="REFUSED", is_final=True)
        if not waiting.is_held:
            try:
                await GenieClient.of(turn, self.settings, at_most=_LOOK_SECONDS)
            except Unanswered as fault:
                # It may be sent with the token of another request.
                return Look(outcome=fault.outcome, state=QUEUED, is_final=False)
            go_on(self.operation, self.settings, space=self.space, turn=turn)
        return Look(outcome=Queued(seconds=waiting.seconds()), state=QUEUED, is_final=False)

    async def told(self, outcome: Outcome, turn: Turn) -> Answer:
        """Return what is told of an outcome, and remember where it comes from."""
        telling = Telling(settings=self.settings, space=self.space, question=self.operation.title)
        if isinstance(outcome, Queued):
            return telling.still_waiting(outcome)
        if isinstance(outcome, TooSlow):
            return telling.still_working(outcome, doing=PROGRESS.get(outcome.status, ""))
        source = await provenance(outcome, space=self.space.name, question=self.operation.title)
        memory = ThreadMemory(memory=turn.memory)
        if self.at is not None and memory.conversation_id(self.space.name) is None:
            # One that was sent after its turn could not say so to the thread.
            memory.continue_in(self.space.name, self.at.conversation_id)
        if source is not None:
            memory.add(source)
        answer = telling.answer(outcome, source)
        return await charted(answer, outcome, self.settings, question=self.operation.title)


async def hand_back(outcome: TooSlow, telling: Telling, *, turn: Turn) -> Deferred:
    """Return a question that takes longer than its turn as an operation."""
    assert outcome.at is not None, "only what Genie has can be asked for later"
    operation = await turn.operations.adopt(
        kind=KIND,
        title=title_of(telling.question),
        job=telling.space.name,
        parameters={"question": telling.question},
        started=Started(
            run_id=f"{outcome.at.conversation_id}:{outcome.at.message_id}", state=outcome.status
        ),
    )
    return telling.put_off(outcome, operation)


async def fetch_answer(run_id: str | None, settings: GenieSettings, *, turn: Turn) -> Answer:
    """Return the answers to the questions that were handed back, or that they are not there yet.

    Args:
        run_id: Which one; None: all that go on, or else the last one.
        settings: How they are read and told.
        turn: The turn.

    Raises:
        OperationNotFound: there is none of this id for this caller.
        GiveUp: there is none at all, or its space is no longer configured.
    """
    if run_id is not None:
        return await _fetched(await turn.operations.get(run_id, kind=KIND), settings, turn=turn)
    going_on, last = await _known(turn=turn)
    if len(going_on) <= 1:
        return await _fetched(going_on[0] if going_on else last, settings, turn=turn)
    answers = [await _fetched(each, settings, turn=turn) for each in going_on]
    return _joined(going_on, answers, settings)


def _joined(
    questions: Sequence[Operation], answers: Sequence[Answer], settings: GenieSettings
) -> Answer:
    told = list(zip([f"**{escaped(each.title)}**" for each in questions], answers, strict=True))
    for_model = "\n\n".join(f"{title}\n\n{each.for_model or each.text}" for title, each in told)
    datas = [each.data for each in answers]
    files = {key: each[key] for each in datas for key in (CHART, DOWNLOAD) if key in each}
    return Answer(
        text="\n\n".join(f"{title}\n\n{each.text}" for title, each in told),
        for_model=cut(for_model, settings.model_chars),
        data={
            "outcome": "several",
            "questions": [dict(each) for each in datas],
            **files,
        },
    )


async def _fetched(operation: Operation, settings: GenieSettings, *, turn: Turn) -> Answer:
    if operation.is_final and operation.is_cancel_requested:
        return _withdrawn(operation, state=operation.state, how="Ask it again if you need it.")
    late = LateQuestion.of(operation, settings)
    look = await late.look(turn)
    await turn.operations.note(operation.run_id, state=look.state, is_final=look.is_final)
    return await late.told(look.outcome, turn)


async def withdraw(run_id: str | None, settings: GenieSettings, *, turn: Turn) -> Answer:
    """Give a question up: Genie is asked to stop, and its answer is not told any more."""
    late = LateQuestion.of(await _choose(run_id, turn=turn), settings)
    operation = late.operation
    if operation.is_final:
        return await _fetched(operation, settings, turn=turn)
    await turn.operations.request_cancel(operation.run_id, state="CANCELLING")
    if late.at is None:
        return await _leave_queue(operation, turn=turn)
    try:
        client = await GenieClient.of(turn, settings, at_most=_LOOK_SECONDS)
        message = await client.call(
            client.genie.genie_cancel_response,
            late.at.space_id,
            late.at.conversation_id,
            late.at.message_id,
        )
        is_stopped = status_of(message) == "CANCELLED"
    except Unanswered:
        # Genie stops what it calls agents' responses; it may not stop this question.
        is_stopped = False
    state = "CANCELLED" if is_stopped else _WITHDRAWN
    await turn.operations.note(operation.run_id, state=state, is_final=True)
    how = "Genie has stopped." if is_stopped else _MAY_FINISH
    return _withdrawn(operation, state=state, how=how)


async def _leave_queue(operation: Operation, *, turn: Turn) -> Answer:
    """Give up a question that was not sent when it was looked at."""
    # From now on the ledger lets nobody send it.
    await turn.operations.note(operation.run_id, state=_WITHDRAWN, is_final=True)
    waiting = Waiting.of(await turn.operations.get(operation.run_id, kind=KIND))
    is_unsent = waiting is not None and waiting.may_be_asked_since is None
    return _withdrawn(operation, state=_WITHDRAWN, how=_UNSENT if is_unsent else _MAY_FINISH)


def _withdrawn(operation: Operation, *, state: str, how: str) -> Answer:
    return Answer(
        text=f'The question "{operation.title}" is withdrawn. {how}',
        data={"outcome": state.lower(), "question": operation.title},
    )


async def follow(settings: GenieSettings, operation: Operation, turn: Turn) -> Seen:
    """Look at a question that nobody has asked for, so that its answer can be told."""
    late = LateQuestion.of(operation, settings)
    look = await late.look(turn)
    answer = await late.told(look.outcome, turn)
    text = f"**{operation.title}**\n\n{answer.text}"
    return Seen(state=look.state, is_final=look.is_final, text=text, data=dict(answer.data))


async def _choose(run_id: str | None, *, turn: Turn) -> Operation:
    """Return the question that is meant: by its id, else the only one that goes on, or the last.

    Raises:
        OperationNotFound: there is none of this id for this caller.
        GiveUp: there is none at all.
        AskPerson: several go on.
    """
    if run_id is not None:
        return await turn.operations.get(run_id, kind=KIND)
    going_on, last = await _known(turn=turn)
    if len(going_on) > 1:
        listed = "\n".join(f"- {each.title}: `{each.run_id}`" for each in going_on)
        raise AskPerson(f"Which question do you mean?\n\n{listed}")
    return going_on[0] if going_on else last


async def _known(*, turn: Turn) -> tuple[Sequence[Operation], Operation]:
    """Return the questions of this conversation that go on, and the last one of all.

    Raises:
        GiveUp: there is none at all.
    """
    known = await turn.operations.list(kind=KIND)
    if not known:
        raise GiveUp("No question of this conversation is waiting for its answer.")
    return [each for each in known if not each.is_final], known[-1]
