"""A turn that did not come to its end."""

from __future__ import annotations

from lakevisor.errors.root import LakevisorError, default_message, with_facts


class TurnError(LakevisorError):
    """The turn did not come to its end."""

    exit_code = 7


class ModelError(TurnError):
    """The language model did not answer."""

    remedy = "Check that the endpoint under model.endpoint exists and is ready."

    def __init__(
        self, message: str | None = None, *, endpoint: str | None = None, remedy: str | None = None
    ) -> None:
        self.endpoint = endpoint
        facts = [("endpoint", endpoint)]
        super().__init__(message or with_facts(default_message(type(self)), facts), remedy=remedy)


class ModelStreamBroken(ModelError):
    """The language model's answer broke off."""

    remedy = "Send the request again."


class DeadlineExceeded(TurnError):
    """The turn took longer than it may."""

    remedy = "Ask for less at once, or raise turn.deadline_seconds."

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"The turn was stopped after {seconds:g} seconds.")


class LaunchUnknown(TurnError):
    """It is not known whether something was started."""

    remedy = "Send the request again with the same id: it finds out, and starts nothing twice."

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(f"No answer came to the start of {title!r}; it may or may not run.")


class TurnSuperseded(TurnError):
    """The request was interrupted, and others of its conversation came after it."""

    remedy = "Look at what it has done (ask for your runs), then send it with a new id."


class TooManyAttempts(TurnError):
    """Work on the request was begun again and again, and its process died each time."""

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts
        super().__init__(
            f"Work on the request was begun {attempts} times, and its process died each time."
        )


class TooManyModelCalls(TurnError):
    """The turn needed more model calls than it may make."""

    remedy = "Ask for less at once, or raise model.max_calls_per_turn."

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The turn was stopped after {limit} model calls.")


class NotReady(TurnError):
    """The server is not ready yet."""

    remedy = "Send the request again in a few seconds."


class ServerBusy(TurnError):
    """The server has too much to do just now."""

    remedy = "Send the request again in a few seconds; nothing was begun."

    def __init__(self, *, at_once: int) -> None:
        self.at_once = at_once
        super().__init__(f"The server works on {at_once} requests already, and none ended in time.")


class ServerStopping(TurnError):
    """The server is being stopped."""

    remedy = "Send the request again with the same id; what was started is not started twice."


class LeaseLost(TurnError):
    """Another process took the conversation over, so this one must not write to it any more."""

    remedy = "Send the request again with the same id; what was started is not started twice."

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        super().__init__()
