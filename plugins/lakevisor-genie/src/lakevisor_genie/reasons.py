"""Why there is no answer, in words for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lakevisor_genie.outcomes import (
    Cancelled,
    Expired,
    Failed,
    NoAccess,
    NoAnswer,
    NotFound,
    Queued,
    Throttled,
    TooSlow,
    Unreachable,
)
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import ConfiguredSpace

_PLAIN: Mapping[type[NoAnswer], str] = {
    Cancelled: "the question was cancelled in the workspace.",
    Expired: "the result of its query has expired and could not be made again.",
    NotFound: "the question was deleted in the workspace.",
    Queued: "the question was not sent yet.",
    Unreachable: "the workspace does not answer. Ask again in a moment.",
}


_HIDDEN = "an error of the warehouse, whose words are not shown here"


def without_query(outcome: NoAnswer, settings: GenieSettings) -> NoAnswer:
    """Return an outcome without the warehouse's words on a query, where queries are hidden."""
    if settings.show_sql != "never":
        return outcome
    if isinstance(outcome, NoAccess):
        return replace(outcome, missing="")
    if not isinstance(outcome, Failed) or not outcome.is_of_query:
        return outcome
    return Failed(reason=_HIDDEN, error_type=outcome.error_type)


def reason(outcome: NoAnswer, space: ConfiguredSpace) -> str:
    """Return why there is no answer, to stand after `Genie could not answer:`."""
    match outcome:
        case Failed():
            why = f"with {outcome.reason!r}" if outcome.reason else "and gave no reason"
            return f"it failed {why}."
        case Throttled():
            about = f"about {outcome.seconds:.0f} s" if outcome.seconds else "a minute"
            return f"it takes no more questions for now. Ask again in {about}."
        case TooSlow(seconds=seconds):
            return (
                f"it has not finished after {seconds:.0f} s. Ask again in a moment, or ask for "
                "less at once."
            )
        case Unreachable(may_be_asked=True):
            return (
                "the workspace does not answer, and it is not known whether Genie has the "
                "question. Ask again in a moment."
            )
        case NoAccess(is_token_missing=True):
            return (
                "it is asked with your own permissions only, and your request came without your "
                "token. Ask in an app that you are logged in to."
            )
        case NoAccess():
            return _no_right(outcome, space.settings.title)
        case NotFound(is_space=True):
            return (
                f"the workspace does not have the space {space.settings.title!r}. An operator must "
                "correct its id; `lakevisor doctor` says where."
            )
        case _:
            return _PLAIN[type(outcome)]


def _no_right(outcome: NoAccess, title: str) -> str:
    match outcome.to:
        case "tables":
            right = outcome.missing or "SELECT on a table"
            return (
                f"there is no permission for {right} of the space {title!r}. An administrator "
                "must grant it."
            )
        case "warehouse":
            return (
                f"there is no permission for the warehouse of the space {title!r}. An "
                "administrator must grant CAN_USE on it."
            )
        case "space":
            return (
                f"there is no permission for the space {title!r}. An administrator must grant "
                "CAN_RUN on it."
            )
