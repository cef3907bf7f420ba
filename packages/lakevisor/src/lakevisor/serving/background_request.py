"""A request as it is kept while it is worked on in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from lakevisor.config import SECRETS
from lakevisor.ledger import OwnerKey, ResponseRecord, ResponseStart
from lakevisor.serving.response_id import ResponseId
from lakevisor.supervisor import Action, Caller, Request, Said


@dataclass(frozen=True, kw_only=True)
class BackgroundRequest:
    """What it takes to work on a request when its client is gone."""

    request: Request
    model: str
    """What the client called, as it is named in the answer."""
    only_messages: bool
    """Whether the client gets messages alone; see `ResponseStream`."""
    correlation_id: str
    """Under which the log tells of it."""

    def response_id(self, owner: OwnerKey) -> str:
        """Return the id of its response."""
        thread_id = self.request.thread_of(owner)
        return str(ResponseId(thread_id=thread_id, turn_id=self.request.turn_id))

    def start(self, caller: Caller, owner: OwnerKey) -> ResponseStart:
        """Return what the ledger keeps of it; never the caller's token."""
        request, action = self.request, self.request.action
        kept: JsonValue = {
            "text": SECRETS.content(request.text),
            "approve": request.approve,
            "action": None if action is None else [action.name, dict(action.arguments)],
            "history": [[said.role, SECRETS.content(said.text)] for said in request.history],
            "model": self.model,
            "only_messages": self.only_messages,
            "correlation_id": self.correlation_id,
        }
        return ResponseStart(
            owner=owner,
            thread_key=request.thread_key(owner),
            thread_id=request.thread_of(owner),
            turn_id=request.turn_id,
            body_digest=request.body_digest(),
            request=kept,
            needs_owner=caller.user_token is not None,
        )

    @classmethod
    def of(cls, record: ResponseRecord) -> BackgroundRequest:
        """Return the request of a response that has not ended."""
        kept: Any = record.request
        request = Request(
            text=kept["text"],
            thread_id=record.thread_id,
            turn_id=record.turn_id,
            approve=kept["approve"],
            action=_action(kept["action"]),
            history=tuple(Said(role=role, text=text) for role, text in kept["history"]),
        )
        return cls(
            request=request,
            model=kept["model"],
            only_messages=kept["only_messages"],
            correlation_id=kept["correlation_id"],
        )


def _action(kept: Any) -> Action | None:
    if kept is None:
        return None
    name, arguments = kept
    return Action(name=name, arguments=arguments)
