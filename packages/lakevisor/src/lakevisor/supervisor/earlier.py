"""A conversation that a client brings along, as the first messages of a thread."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AnyMessage, HumanMessage

from lakevisor.config import SECRETS
from lakevisor.graph import SUPERVISOR, reply_part
from lakevisor.supervisor.request import Request


def messages_of(request: Request, *, max_chars: int) -> Sequence[AnyMessage]:
    """Return the latest of what was said before, as far as it fits, oldest first.

    It begins with a message of the person, as every turn does. The ids are made from the
    request's: a turn that is begun again writes the same messages, not more.
    """
    fitting: list[AnyMessage] = []
    kept: list[AnyMessage] = []
    room = max_chars
    for number, said in enumerate(reversed(request.history)):
        room -= len(said.text)
        if room < 0:
            break
        message_id, text = f"{request.turn_id}:before:{number}", SECRETS.content(said.text)
        if said.role == "user":
            fitting = [HumanMessage(text, id=message_id), *fitting]
            kept = fitting
        else:
            part = reply_part(SUPERVISOR, text).model_copy(update={"id": message_id})
            fitting = [part, *fitting]
    return kept
