"""What a tool raises when it cannot do what it was asked.

ToolFault
├── TryAgain      the model reads it and may call again with better arguments
├── GiveUp        the model reads it and tells the person; the same call will not work
├── AskFirst      the call waits until the person has accepted exactly what it would do
└── AskPerson     the person reads it, word for word, and the turn ends with the question

Any other exception that leaves a tool is a bug or a foreign fault: the host logs it, translates
what it knows (the SDK's errors) and gives the model a sentence without internals.
"""

from __future__ import annotations

from lakevisor_plugin.settled import Settled


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

    def __init__(self, message: str, *, settled: Settled | None = None) -> None:
        """Take the reason, and what the call would do.

        Args:
            message: why the person is asked.
            settled: the call with nothing left open; it is asked about and accepted instead of
                the call as the model wrote it. See `SubAgent.settle`.
        """
        super().__init__(message)
        self.settled = settled


class AskPerson(ToolFault):
    """Only the person can say how to go on; the message is the question, in words of your own.

    What another system has said belongs into an `Answer`: after that, the host asks the person
    before anything starts or stops.
    """
