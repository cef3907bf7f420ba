"""What the person sent."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import ClassVar

from lakevisor.errors.root import LakevisorError, did_you_mean, duration, shortened


class RequestError(LakevisorError):
    """The request cannot be taken."""

    exit_code = 6


class EmptyRequest(RequestError):
    """The question is empty."""

    remedy = "Write what you would like to know or to have done."


class RequestTooLong(RequestError):
    """The question is too long."""

    def __init__(self, length: int, *, limit: int) -> None:
        self.length = length
        self.limit = limit
        super().__init__(
            f"The question has {length:,} characters; at most {limit:,} are taken.",
            remedy="Shorten it, or raise supervisor.max_input_chars.",
        )


class InvalidRequest(RequestError):
    """The request cannot be read."""


class UnknownAction(RequestError):
    """There is no such action."""

    def __init__(self, name: str, *, known: Sequence[str]) -> None:
        self.name = name
        nearest = next(iter(get_close_matches(name, known, n=1)), None)
        super().__init__(
            f"There is no action {shortened(name)!r}.{did_you_mean(nearest)}",
            remedy=f"Known: {', '.join(known)}.",
        )


class InvalidThreadId(RequestError):
    """The thread id is not one that Lakevisor can have given."""

    remedy = "Use the thread id of an earlier answer, or none to begin a new thread."

    def __init__(self, thread_id: str) -> None:
        self.thread_id = thread_id
        super().__init__(f"The thread id {shortened(thread_id)!r} is not valid.")


class CallerUnknown(RequestError):
    """It is not known who asks."""

    remedy = "Log in; the proxy in front of the server says who asks."


class FromAnotherSite(RequestError):
    """The request comes from a page of another site."""

    remedy = "Open this server's own page, or send the request from a program."


class BodyTooLong(RequestError):
    """The request is too long."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The request is too long; at most {limit:,} bytes are taken.")


class ThreadNotFound(RequestError):
    """You have no such thread."""

    def __init__(self, thread_id: str) -> None:
        self.thread_id = thread_id
        super().__init__(f"You have no thread {shortened(thread_id)!r}.")


class ResponseNotFound(RequestError):
    """You have no such response, or it is not answered yet."""


class TurnConflict(RequestError):
    """The request id was used before, for another request."""

    remedy = "Send each new request with an id of its own."

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        super().__init__(
            f"The request id {shortened(turn_id)!r} was used before, for another request."
        )


class TurnRunning(RequestError):
    """The same request is being worked on."""

    remedy = "Wait for its answer, or send it again later with the same id."

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        super().__init__(f"The request {shortened(turn_id)!r} is being worked on.")


class ThreadBusy(RequestError):
    """Another request of the same conversation is being worked on."""

    remedy = "Wait for its answer, then send this one again with the same id."

    def __init__(self, thread_id: str, *, waited_seconds: float = 0.0) -> None:
        self.thread_id = thread_id
        self.waited_seconds = waited_seconds
        waited = f" (waited {waited_seconds:.1f} s for it)" if waited_seconds else ""
        super().__init__(
            f"Another request of the conversation {shortened(thread_id)!r} is being worked on"
            f"{waited}."
        )


class LimitReached(RequestError):
    """No more may be started now."""

    remedy = "Wait, or stop what is not needed any more."
    _WORDS: ClassVar = {
        "launches_per_hour": ("launch", "launches", "within an hour"),
        "running_per_owner": ("run", "runs", "at once"),
        "running_per_job": ("run", "runs", "of this job at once"),
    }

    def __init__(
        self, limit: str, *, allowed: int, retry_after_seconds: float | None = None
    ) -> None:
        self.limit = limit
        self.allowed = allowed
        self.retry_after_seconds = retry_after_seconds
        again = ""
        if retry_after_seconds is not None:
            again = f" The next can start in {duration(retry_after_seconds)}."
        one, many, when = self._WORDS[limit]
        what = one if allowed == 1 else many
        super().__init__(f"The limit is reached: {allowed} {what} {when}.{again}")


class TooManyInBackground(RequestError):
    """Too many of your requests are worked on in the background."""

    remedy = "Wait for their answers, or cancel some."

    def __init__(self, *, allowed: int) -> None:
        self.allowed = allowed
        super().__init__(
            f"{allowed} of your requests are worked on in the background; that is the most."
        )


class NothingToDownload(RequestError):
    """This answer has no result that could be downloaded."""

    remedy = "Ask a question about data first."


class FileNotWritten(RequestError):
    """The file was not written."""


class ProposalGone(RequestError):
    """What was proposed cannot be accepted any more."""

    remedy = "Ask for it again."
