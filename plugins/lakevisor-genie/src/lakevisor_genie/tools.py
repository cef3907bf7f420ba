"""The tools of the sub-agent.

Annotations are values here, not strings: the names of the spaces become part of a tool's schema.
"""

from collections.abc import Sequence
from typing import Annotated

from langchain_core.tools import BaseTool, tool
from pydantic import Field

from lakevisor_genie.answers import Telling
from lakevisor_genie.asking import Asking
from lakevisor_genie.charts import charted
from lakevisor_genie.explaining import explanation
from lakevisor_genie.feedback import send_feedback
from lakevisor_genie.later import fetch_answer, hand_back, withdraw
from lakevisor_genie.outcomes import Throttled, TooSlow
from lakevisor_genie.provenance import provenance
from lakevisor_genie.queueing import LONGEST_SECONDS, queue, queued_before
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import choose_space, listing
from lakevisor_genie.thread_memory import ThreadMemory
from lakevisor_plugin import Answer, CurrentTurn, Deferred


def build_tools(settings: GenieSettings) -> Sequence[BaseTool]:
    """Return the tools; connects to nothing."""
    return (
        _query_tool(settings),
        _explain_tool(settings),
        *_late_tools(settings),
        _feedback_tool(settings),
    )


def _query_tool(settings: GenieSettings) -> BaseTool:
    names = list(settings.spaces)

    async def query_genie(
        query: str,
        turn: CurrentTurn,
        space: Annotated[str, Field(json_schema_extra={"enum": names})] | None = None,
    ) -> Answer | Deferred:
        """Answer a question about data: figures, lists and tables, asked of a Genie space.

        Where the data of two spaces is needed, ask each for its part, in one message.

        Args:
            query: The question. A follow-up goes on from the last one: "and by region?"
            turn: The turn.
            space: Which space; left out, a follow-up goes to that of the last answer. {spaces}
        """
        memory = ThreadMemory(memory=turn.memory)
        chosen = choose_space(settings, space or memory.last_space(settings.spaces))
        telling = Telling(settings=settings, space=chosen, question=query)
        before = await queued_before(telling, turn=turn)
        if before is not None:
            return before
        outcome = await Asking(space=chosen, settings=settings, turn=turn).outcome(query)
        if isinstance(outcome, Throttled) and (outcome.seconds or 0) <= LONGEST_SECONDS:
            return await queue(outcome, telling, turn=turn)
        if isinstance(outcome, TooSlow) and outcome.at is not None:
            return await hand_back(outcome, telling, turn=turn)
        source = await provenance(outcome, space=chosen.name, question=query)
        if source is not None:
            memory.add(source)
        answer = telling.answer(outcome, source)
        return await charted(answer, outcome, settings, question=query)

    # The model reads the docstring, so the spaces of the configuration belong into it.
    query_genie.__doc__ = (query_genie.__doc__ or "").replace("{spaces}", listing(settings))
    return tool(query_genie, parse_docstring=True)


def _late_tools(settings: GenieSettings) -> Sequence[BaseTool]:
    @tool(parse_docstring=True)
    async def fetch_genie_answer(turn: CurrentTurn, question_id: str | None = None) -> Answer:
        """Bring what Genie was still working on, when the person asks whether it is there.

        Args:
            turn: The turn.
            question_id: Which one, only if the person named its id; else the one that is open.
        """
        return await fetch_answer(question_id, settings, turn=turn)

    @tool(parse_docstring=True)
    async def withdraw_genie_question(turn: CurrentTurn, question_id: str | None = None) -> Answer:
        """Give up what Genie is still working on, when the person does not want it any more.

        Args:
            turn: The turn.
            question_id: Which one, only if the person named its id; else the one that is open.
        """
        return await withdraw(question_id, settings, turn=turn)

    return (fetch_genie_answer, withdraw_genie_question)


def _explain_tool(settings: GenieSettings) -> BaseTool:
    @tool(parse_docstring=True)
    async def explain_genie_answer(turn: CurrentTurn) -> Answer:
        """Show where the last figures come from: the SQL, its tables, when it ran, all rows or not.

        Args:
            turn: The turn.
        """
        return explanation(ThreadMemory(memory=turn.memory).answers(), settings)

    return explain_genie_answer


def _feedback_tool(settings: GenieSettings) -> BaseTool:
    @tool(parse_docstring=True)
    async def rate_genie_answer(
        is_good: bool, turn: CurrentTurn, comment: str | None = None
    ) -> Answer:
        """Pass on the person's praise or complaint about the last figures, in their own words.

        Args:
            is_good: Whether the person is content with them.
            turn: The turn.
            comment: What the person says about them, if anything.
        """
        answers = ThreadMemory(memory=turn.memory).answers()
        return await send_feedback(answers, settings, is_good=is_good, comment=comment, turn=turn)

    return rate_genie_answer
