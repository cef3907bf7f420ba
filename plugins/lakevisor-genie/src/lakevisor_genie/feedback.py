"""Thumbs up or down for Genie's answers."""

from __future__ import annotations

from collections.abc import Sequence

from lakevisor_genie.client import GenieClient
from lakevisor_genie.outcomes import Unanswered
from lakevisor_genie.provenance import Provenance
from lakevisor_genie.reasons import reason
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import choose_space
from lakevisor_plugin import Answer, GiveUp, Turn

_SECONDS = 10.0


async def send_feedback(
    answers: Sequence[Provenance],
    settings: GenieSettings,
    *,
    is_good: bool,
    comment: str | None,
    turn: Turn,
) -> Answer:
    """Tell Genie what the person thinks of the last answer of the thread.

    Raises:
        GiveUp: there is no answer, or its space is no longer configured.
    """
    from databricks.sdk.service.dashboards import GenieFeedbackRating

    last = answers[-1] if answers else None
    if last is None or last.space not in settings.spaces:
        raise GiveUp("There is no answer from the data in this conversation to give feedback on.")
    space = choose_space(settings, last.space)
    at = last.message(space.settings.space_id)
    rating = GenieFeedbackRating.POSITIVE if is_good else GenieFeedbackRating.NEGATIVE
    data = {"question": last.question, "space": space.name, "rating": rating.value}
    try:
        client = await GenieClient.of(turn, settings, at_most=_SECONDS)
        # The same rating twice is the same rating.
        await client.patiently(
            client.genie.send_message_feedback,
            at.space_id,
            at.conversation_id,
            at.message_id,
            rating,
            comment=comment,
        )
    except Unanswered as fault:
        text = f"The feedback did not reach Genie: {reason(fault.outcome, space)}"
        return Answer(text=text, data={"outcome": fault.outcome.name, **data})
    return Answer(
        text=f"Genie has your feedback on {last.question!r}. Thank you.",
        data={"outcome": "rated", **data},
    )
