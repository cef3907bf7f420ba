"""What a person sends: checked before anything else sees it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from uuid import uuid4

from lakevisor.errors import EmptyRequest, InvalidThreadId, RequestTooLong

_THREAD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


def _new_id() -> str:
    return uuid4().hex


@dataclass(frozen=True, kw_only=True)
class Request:
    """One message of a person, on a new thread or an old one."""

    text: str
    """What the person says."""
    thread_id: str = field(default_factory=_new_id)
    """The conversation; a new one where none is given."""
    turn_id: str = field(default_factory=_new_id)
    """This request; the id of the person's message in the thread."""

    def check(self, *, max_input_chars: int) -> None:
        """Refuse what cannot be a request.

        Raises:
            EmptyRequest: there is no text.
            RequestTooLong: there is too much of it.
            InvalidThreadId: no thread can have this id.
        """
        if not self.text.strip():
            raise EmptyRequest
        if len(self.text) > max_input_chars:
            raise RequestTooLong(len(self.text), limit=max_input_chars)
        if not _THREAD_ID.fullmatch(self.thread_id):
            raise InvalidThreadId(self.thread_id)

    def thread_key(self, *, workspace_id: int, owner: str) -> str:
        """Return the key under which the thread is stored.

        It is made of workspace, owner and thread id, so that the id of another's thread leads to
        another row: nobody can continue, or see the runs of, a thread that is not theirs.
        """
        text = "\x1f".join([str(workspace_id), owner, self.thread_id])
        return hashlib.sha256(text.encode()).hexdigest()
