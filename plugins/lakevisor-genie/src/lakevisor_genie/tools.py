"""The tool of the sub-agent.

Annotations are values here, not strings: the names of the spaces become part of its schema.
"""

from collections.abc import Sequence
from typing import Annotated

from langchain_core.tools import BaseTool, tool
from pydantic import Field

from lakevisor_genie import answers
from lakevisor_genie.conversation import Patience, ask
from lakevisor_genie.no_answer import NoAnswer
from lakevisor_genie.query_result import ResultReader
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import ConfiguredSpace, choose_space, listing
from lakevisor_plugin import Answer, CurrentTurn, Turn


def build_tools(settings: GenieSettings) -> Sequence[BaseTool]:
    """Return the tool; connects to nothing."""
    names = list(settings.spaces)

    async def query_genie(
        query: str,
        turn: CurrentTurn,
        space: Annotated[str, Field(json_schema_extra={"enum": names})] | None = None,
    ) -> Answer:
        """Answer a question about data: figures, lists and tables, asked of a Genie space.

        Args:
            query: The question, complete in itself: Genie does not know the conversation.
            turn: The turn.
            space: Which space; needed where there are several. {spaces}
        """
        chosen = choose_space(settings, space)
        try:
            return await _answer(query, chosen, settings=settings, turn=turn)
        except NoAnswer as fault:
            return answers.no_answer(fault, space=chosen.name)

    # The model reads the docstring, so the spaces of the configuration belong into it.
    query_genie.__doc__ = (query_genie.__doc__ or "").replace("{spaces}", listing(settings))
    return (tool(query_genie, parse_docstring=True),)


async def _answer(
    question: str, space: ConfiguredSpace, *, settings: GenieSettings, turn: Turn
) -> Answer:
    patience = Patience.of(turn, at_most=settings.timeout_seconds)
    message = await ask(question, space=space, turn=turn, patience=patience)
    reader = ResultReader(message=message, turn=turn, patience=patience, max_rows=settings.max_rows)
    queries = [
        answers.QueryAnswer(query=each.query, table=await reader.read(each.attachment_id))
        for each in message.attachments or ()
        if each.query is not None and each.attachment_id is not None
    ]
    return answers.answer(message, queries, space=space.name, show_sql=settings.show_sql)
