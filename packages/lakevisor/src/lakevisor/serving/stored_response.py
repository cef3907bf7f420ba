"""The response of an earlier request, as the ledger keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakevisor.errors import ResponseNotFound
from lakevisor.serving.request_body import MODEL
from lakevisor.serving.response_id import ResponseId
from lakevisor.serving.response_stream import JsonObject, ResponseStream
from lakevisor.supervisor import Caller, Request
from lakevisor_plugin import Answered, TurnFinished

if TYPE_CHECKING:
    from lakevisor.supervisor import Supervisor


async def stored_response(text: str, supervisor: Supervisor, caller: Caller) -> JsonObject:
    """Return the response with an id, as it was answered; tool calls are not kept.

    Raises:
        ResponseNotFound: the caller has no such response, or it is not answered yet.
    """
    try:
        response_id = ResponseId.read(text)
    except ValueError:
        raise ResponseNotFound from None
    request = Request(text="", thread_id=response_id.thread_id)
    key = request.thread_key(caller.owner_in(supervisor.workspace))
    stored = await supervisor.ledger.turns.answer(key, response_id.turn_id)
    if stored is None:
        raise ResponseNotFound
    answer = TurnFinished.model_validate(stored.answer)
    stream = ResponseStream(text, model=MODEL, created_at=stored.finished_at.timestamp())
    told = [*stream.show(Answered(agent=answer.agent, text=answer.text)), *stream.show(answer)]
    response: JsonObject = told[-1]["response"]
    return response
