"""What a person sends: checked before anything else sees it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from lakevisor.errors import EmptyRequest, InvalidThreadId, RequestTooLong
from lakevisor.ledger import OwnerKey

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


def new_id() -> str:
    """Return an id for a request that its client gave none."""
    return uuid4().hex


def is_id(text: str) -> bool:
    """Tell whether a thread or a request can have this id."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, kw_only=True)
class Said:
    """Something that was said before a request, as its client tells it."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Action:
    """A tool that the person's program calls itself; no model is asked."""

    name: str
    """The tool, one of some sub-agent's `actions`."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """What it is called with."""

    def __str__(self) -> str:
        """Return what stands in the thread for what the person said."""
        arguments = json.dumps(self.arguments, ensure_ascii=False, sort_keys=True)
        return f"{self.name} {arguments}" if self.arguments else self.name


@dataclass(frozen=True, kw_only=True)
class Request:
    """One message of a person, on a new thread or an old one."""

    text: str
    """What the person says."""
    thread_id: str | None = None
    """The conversation; a new one where none is given."""
    turn_id: str = field(default_factory=new_id)
    """This request; the same when it is sent again. The id of the person's message."""
    approve: str | None = None
    """The proposal that the request accepts, where a program says so; a person says yes."""
    action: Action | None = None
    """What is done, where a program says so instead of the person's words."""
    history: Sequence[Said] = ()
    """What was said before, oldest first. Looked at only where the thread is new to us: what a
    thread remembers is never taken from a client."""

    def check(self, *, max_input_chars: int) -> None:
        """Refuse what cannot be a request.

        Raises:
            EmptyRequest: there is no text.
            RequestTooLong: there is too much of it.
            InvalidThreadId: no thread can have this id, or no request its id.
        """
        if not self.text.strip():
            raise EmptyRequest
        length = max(len(self.text), len(str(self.action or "")))
        if length > max_input_chars:
            raise RequestTooLong(length, limit=max_input_chars)
        for given in (self.thread_id, self.turn_id):
            if given is not None and not is_id(given):
                raise InvalidThreadId(given)

    def thread_of(self, owner: OwnerKey) -> str:
        """Return the thread's id as the client knows it.

        A new thread's id is made from the request's own id: a client that never saw the answer to
        its first request and sends it again comes back to the same thread.
        """
        return self.thread_id or _digest(owner.workspace_id, owner.owner, self.turn_id)[:32]

    def thread_key(self, owner: OwnerKey) -> str:
        """Return the key under which the thread is stored.

        It is made of workspace, owner and thread id, so that the id of another's thread leads to
        another row: nobody can continue, or see the runs of, a thread that is not theirs.
        """
        return _digest(owner.workspace_id, owner.owner, self.thread_of(owner))

    def body_digest(self) -> str:
        """Return what stands for the content; another one under the same id is refused."""
        action = () if self.action is None else (str(self.action),)
        return _digest(self.text, self.approve or "", *action)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
