"""What belongs to a caller: threads, and what was started in them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from lakevisor.ledger.turn_operations import operation_of
from lakevisor.serving import documents
from lakevisor.serving.identity import Identities
from lakevisor.serving.opening import OpenedInBackground
from lakevisor.serving.response_id import ResponseId
from lakevisor_plugin import Operation

MOST_LISTED = 500
Limit = Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many.")]


class ListedOperation(BaseModel):
    """Something that was started, and in which thread."""

    thread_id: str
    operation: Operation


class OperationList(BaseModel):
    """What a caller has started; the state is the one that was seen last."""

    operations: list[ListedOperation]


class ListedThread(BaseModel):
    """A thread, without what was said in it."""

    thread_id: str
    created_at: datetime
    last_turn_at: datetime
    is_busy: bool


class ThreadList(BaseModel):
    """The threads of a caller, the one with the latest turn first."""

    threads: list[ListedThread]


class Message(BaseModel):
    """Something that was said in a thread."""

    turn_id: str
    response_id: str
    role: Literal["user", "assistant"]
    agent: str | None
    text: str


class Thread(BaseModel):
    """What was said in the latest turns of a thread, oldest first."""

    thread_id: str
    messages: list[Message]


@dataclass(frozen=True, kw_only=True)
class Possessions:
    """The handlers for what belongs to a caller."""

    opened: OpenedInBackground
    identities: Identities

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        one = "/threads/{thread_id}"
        router.add_api_route("/threads", self.threads, methods=["GET"], **documents.THREADS)
        router.add_api_route(one, self.thread, methods=["GET"], **documents.THREAD)
        router.add_api_route(
            one,
            self.delete_thread,
            methods=["DELETE"],
            status_code=204,
            response_class=Response,
            **documents.DELETE_THREAD,
        )
        router.add_api_route(
            "/operations", self.operations, methods=["GET"], **documents.OPERATIONS
        )
        return router

    async def threads(self, request: Request, limit: Limit = 50) -> ThreadList:
        """Return the caller's threads, the one with the latest turn first."""
        supervisor = self.opened.supervisor
        caller = await self.identities.caller(request.headers, supervisor.workspace)
        found = await supervisor.threads_of(caller).list(limit=limit)
        return ThreadList(threads=[ListedThread(**asdict(each)) for each in found])

    async def thread(self, request: Request, thread_id: str) -> Thread:
        """Return what was said in a thread of the caller."""
        supervisor = self.opened.supervisor
        caller = await self.identities.caller(request.headers, supervisor.workspace)
        said = await supervisor.threads_of(caller).read(thread_id)
        return Thread(
            thread_id=thread_id,
            messages=[
                Message(
                    response_id=str(ResponseId(thread_id=thread_id, turn_id=each.turn_id)),
                    **asdict(each),
                )
                for each in said
            ],
        )

    async def delete_thread(self, request: Request, thread_id: str) -> None:
        """Delete a thread of the caller; what was started in it stays known."""
        supervisor = self.opened.supervisor
        caller = await self.identities.caller(request.headers, supervisor.workspace)
        await supervisor.threads_of(caller).delete(thread_id)

    async def operations(
        self,
        request: Request,
        only_open: Annotated[bool, Query(description="Only what has not ended.")] = False,
        limit: Limit = 50,
    ) -> OperationList:
        """Return what the caller has started, in all threads, the latest first."""
        supervisor = self.opened.supervisor
        caller = await self.identities.caller(request.headers, supervisor.workspace)
        records = await supervisor.ledger.operations.list(
            caller.owner_in(supervisor.workspace), only_open=only_open, limit=limit
        )
        return OperationList(
            operations=[
                ListedOperation(thread_id=each.thread_id, operation=operation_of(each))
                for each in records
                if each.run_id is not None
            ]
        )
