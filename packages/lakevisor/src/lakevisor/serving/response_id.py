"""The id of a response: which turn of which thread it is.

It names nothing that its caller does not know, and finds nothing without the caller: a thread of
the same id belongs to somebody else.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from lakevisor.supervisor.request import is_id

PREFIX = "resp_"
_BETWEEN = "/"
"""Neither a thread's id nor a request's has it."""


@dataclass(frozen=True, kw_only=True)
class ResponseId:
    """Which turn a response is."""

    thread_id: str
    """The thread as its client knows it."""
    turn_id: str
    """The request."""

    def __str__(self) -> str:
        ids = f"{self.thread_id}{_BETWEEN}{self.turn_id}"
        return PREFIX + urlsafe_b64encode(ids.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> ResponseId:
        """Read an id that was given to a client.

        Raises:
            ValueError: it was not.
        """
        encoded = text.removeprefix(PREFIX)
        try:
            ids = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
        except (binascii.Error, UnicodeError) as error:
            raise ValueError("not the id of a response") from error
        thread_id, _, turn_id = ids.partition(_BETWEEN)
        if encoded == text or not (is_id(thread_id) and is_id(turn_id)):
            raise ValueError("not the id of a response")
        return cls(thread_id=thread_id, turn_id=turn_id)
