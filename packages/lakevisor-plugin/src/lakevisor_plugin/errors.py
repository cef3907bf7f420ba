"""What a tool raises when it cannot do what it was asked.

ToolFault
├── TryAgain      the model reads it and may call again with better arguments
├── GiveUp        the model reads it and tells the person; the same call will not work
├── AskFirst      the call waits until the person has accepted it, exactly as it stands
└── AskPerson     the person reads it, word for word, and the turn ends with the question

Any other exception that leaves a tool is a bug or a foreign fault: the host logs it, translates
what it knows (the SDK's errors) and gives the model a sentence without internals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ToolFault(Exception):
    """A tool could not do what it was asked."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TryAgain(ToolFault):
    """The arguments were wrong; the message says which are right."""


class GiveUp(ToolFault):
    """It cannot be done; the message says why, in words that may be told to the person."""


class AskFirst(ToolFault):
    """The call needs the person's own yes; the message says why, in a sentence for the person.

    The turn ends with the question. When the next request accepts it, the same call runs again
    without a model, with `Turn.is_accepted`.
    """

    def __init__(self, message: str, *, settled: Mapping[str, Any] | None = None) -> None:
        """Take the reason, and what the call left open.

        Args:
            message: why the person is asked.
            settled: arguments that the call left out and the tool has found, such as the run that
                was meant. They are asked about and accepted with the others.
        """
        super().__init__(message)
        self.settled = dict(settled or {})


class AskPerson(ToolFault):
    """Only the person can say how to go on; the message is the question."""
