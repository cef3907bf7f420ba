"""The operations of one thread, while a turn works on it.

They lie in the thread's own checkpoints: who can continue the thread can see and stop what was
launched in it, and nobody else can.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from lakevisor_plugin import Operation, OperationNotFound, Started


class ThreadOperations:
    """The operations of a caller's thread, and those that this turn has touched."""

    def __init__(self, *, thread_key: str, turn_id: str) -> None:
        """Begin a turn.

        Args:
            thread_key: the storage key of the thread, made from workspace, owner and thread id.
            turn_id: the request; the same when the turn is run again.
        """
        self._thread_key = thread_key
        self._turn_id = turn_id
        self._known: dict[str, Operation] = {}
        self._touched: dict[str, Operation] = {}

    def recall(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Take over what the thread's checkpoint says."""
        self._known |= {run_id: Operation.model_validate(row) for run_id, row in stored.items()}

    async def launch(
        self,
        *,
        kind: str,
        title: str,
        job: str | None,
        parameters: Mapping[str, JsonValue],
        start: Callable[[str], Awaitable[Started]],
    ) -> Operation:
        """Start work under a token that is the same whenever this turn is run again."""
        wish = [self._thread_key, self._turn_id, kind, job, parameters]
        started = await start(_token(wish))
        operation = Operation(
            kind=kind,
            run_id=started.run_id,
            title=title,
            state=started.state,
            job=job,
            url=started.url,
        )
        return self._touch(operation)

    async def get(self, run_id: str) -> Operation:
        """Return one operation of this thread, or raise `OperationNotFound`."""
        operation = self._known.get(run_id)
        if operation is None:
            raise OperationNotFound(run_id)
        return self._touch(operation)

    async def list(self, *, kind: str) -> Sequence[Operation]:
        """Return the operations of a kind, the latest last."""
        return tuple(each for each in self._known.values() if each.kind == kind)

    async def note(self, run_id: str, *, state: str, is_final: bool) -> Operation:
        """Remember the state that was last seen."""
        return await self._change(run_id, state=state, is_final=is_final)

    async def request_cancel(self, run_id: str, *, state: str) -> Operation:
        """Remember that the end of an operation was asked for."""
        return await self._change(run_id, state=state, is_cancel_requested=True)

    async def _change(self, run_id: str, **update: Any) -> Operation:
        operation = await self.get(run_id)
        return self._touch(operation.model_copy(update=update))

    def sign(self, agent: str) -> None:
        """Say that what was touched without an agent's name belongs to this agent."""
        for operation in tuple(self._touched.values()):
            if not operation.agent:
                self._touch(operation.model_copy(update={"agent": agent}))

    @property
    def touched(self) -> Sequence[Operation]:
        """What this turn has launched or asked about, in that order."""
        return tuple(self._touched.values())

    def to_store(self) -> dict[str, Mapping[str, Any]]:
        """Return what this turn has touched, as JSON values for the checkpoint."""
        return {each.run_id: each.model_dump(mode="json") for each in self.touched}

    def _touch(self, operation: Operation) -> Operation:
        self._known[operation.run_id] = operation
        self._touched[operation.run_id] = operation
        return operation


def _token(wish: Sequence[Any]) -> str:
    """Return 64 characters (the most that Jobs takes) that stand for this wish alone."""
    text = json.dumps(wish, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
