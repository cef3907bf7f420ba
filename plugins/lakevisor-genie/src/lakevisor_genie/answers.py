"""What is told of an outcome: words and tables for people, less for a model, data for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from lakevisor_genie.downloads import reference
from lakevisor_genie.outcomes import (
    Answered,
    Failed,
    NoAnswer,
    NotUnderstood,
    Outcome,
    Queued,
    Throttled,
    TooSlow,
)
from lakevisor_genie.provenance import Provenance, sql_block
from lakevisor_genie.reasons import reason, without_query
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import ConfiguredSpace
from lakevisor_genie.values import json_value
from lakevisor_plugin import DOWNLOAD, Answer, Deferred, Operation

_COMES = (
    "The answer is told with a later reply once it is there; you can also ask for it. "
    "Question `{}`."
)
_ASKED_BACK = "(Genie has not answered yet: it asked this back.)"


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How outcomes of one question are told."""

    settings: GenieSettings
    """What may be shown, and how much."""
    space: ConfiguredSpace
    """Which space was asked."""
    question: str
    """What it was asked."""

    def answer(self, outcome: Outcome, provenance: Provenance | None = None) -> Answer:
        """Return the answer for an outcome; what is no answer cannot be taken for one."""
        match outcome:
            case Answered():
                return self._answered(outcome, provenance)
            case NotUnderstood():
                words = "\n\n".join(outcome.reply.words)
                data = self._data(outcome) | _ids(outcome)
                room = self.settings.model_chars - len(_ASKED_BACK) - 2
                for_model = f"{cut(words, room)}\n\n{_ASKED_BACK}"
                return Answer(text=words, for_model=for_model, data=data)
            case NoAnswer():
                outcome = without_query(outcome, self.settings)
                text = f"Genie could not answer: {reason(outcome, self.space)}"
                return Answer(text=text, data=self._data(outcome) | _why(outcome))
        raise AssertionError(f"{outcome!r} is not in the closed set")

    def still_working(self, outcome: TooSlow, *, doing: str = "") -> Answer:
        """Return that the answer to a question that was handed back is not there yet."""
        now = f" {doing}" if doing else ""
        text = f"Genie has worked on it for {outcome.seconds:.0f} s, and is not done yet.{now}"
        return Answer(text=text, data=self._data(outcome) | _why(outcome))

    def still_waiting(self, outcome: Queued) -> Answer:
        """Return that a question was not sent yet, and when it should be."""
        text = f"It was not sent to Genie yet: it is its turn in about {outcome.seconds:.0f} s."
        return Answer(text=text, data=self._data(outcome) | _why(outcome))

    def put_off(self, outcome: TooSlow | Queued, operation: Operation) -> Deferred:
        """Return that the answer comes after the turn, and how far it is."""
        # Another one may have been asked beside it.
        is_one = len(self.settings.spaces) == 1
        where = "" if is_one else f" ({self.space.settings.title})"
        named = f'"{operation.title}"{where}'
        if isinstance(outcome, Queued):
            said = (
                f"Genie has many questions at the moment. {named} is queued "
                f"and not sent yet; it is its turn in about {outcome.seconds:.0f} s."
            )
        else:
            said = f"Genie is still working on {named}, after {outcome.seconds:.0f} s."
        return Deferred(
            operation=operation,
            text=f"{said} {_COMES.format(operation.run_id)}",
            data=self._data(outcome) | _why(outcome),
        )

    def _answered(self, outcome: Answered, provenance: Provenance | None) -> Answer:
        settings, table = self.settings, outcome.table
        parts = [*_words(outcome)]
        if table is not None:
            zone = ZoneInfo(settings.time_zone)
            parts.append(table.markdown(max_rows=settings.max_rows, zone=zone))
        if settings.show_sql == "always" and provenance is not None and provenance.sql:
            parts.append(sql_block(provenance))
        parts += self._ends(outcome)
        return Answer(
            text="\n\n".join(parts),
            for_model=self._for_model(outcome, provenance),
            data=self._answered_data(outcome, provenance),
        )

    def _ends(self, outcome: Answered) -> Iterator[str]:
        if len(self.settings.spaces) > 1 and outcome.table is not None:
            yield f"*Source: {self.space.settings.title}*"
        offered = outcome.reply.suggestions[: self.settings.suggestions]
        if offered:
            yield "You could ask next:\n\n" + "\n".join(f"- {each}" for each in offered)

    def _for_model(self, outcome: Answered, provenance: Provenance | None) -> str:
        """Return what a model needs to go on, or to tell the SQL when it is asked for it."""
        room = self.settings.model_chars
        sql = ""
        if provenance is not None and provenance.sql and self.settings.show_sql != "never":
            block = cut(sql_block(provenance), room // 3, end="\n```")
            sql = f"The SQL behind it:\n{block}"
        said = cut("\n\n".join(_words(outcome)), room // 4)
        table = ""
        if outcome.table is not None:
            left = room - len(sql) - len(said) - 4
            zone = ZoneInfo(self.settings.time_zone)
            table = outcome.table.markdown_within(left, max_rows=self.settings.max_rows, zone=zone)
        return "\n\n".join(part for part in (said, table, sql) if part)

    def _answered_data(
        self, outcome: Answered, provenance: Provenance | None
    ) -> dict[str, JsonValue]:
        data = self._data(outcome) | _ids(outcome)
        if provenance is not None:
            data |= provenance.data(with_sql=self.settings.show_sql != "never")
        table = outcome.table
        if table is not None:
            data["columns"] = [
                {"name": each.name, "type": each.type_name, "type_text": each.type_text}
                for each in table.columns
            ]
            data["rows"] = [[json_value(value) for value in row] for row in table.rows]
            data |= {"row_count": table.row_count, "is_truncated": table.is_truncated}
            data[DOWNLOAD] = reference(outcome, self.space)
        return data

    def _data(self, outcome: Outcome) -> dict[str, JsonValue]:
        return {"space": self.space.name, "question": self.question, "outcome": outcome.name}


def _words(outcome: Answered) -> list[str]:
    """Return what Genie says; where it is silent, what its query does."""
    reply = outcome.reply
    described = [reply.query.description] if reply.query and reply.query.description else []
    return list(reply.words) or described


def _ids(outcome: Answered | NotUnderstood) -> dict[str, JsonValue]:
    reply = outcome.reply
    return {
        "conversation_id": reply.at.conversation_id,
        "message_id": reply.at.message_id,
        "suggested_questions": list(reply.suggestions),
    }


def _why(outcome: NoAnswer) -> dict[str, JsonValue]:
    match outcome:
        case Failed():
            return {"reason": outcome.reason, "error_type": outcome.error_type}
        case Throttled() | Queued() | TooSlow():
            return {"seconds": outcome.seconds}
        case _:
            return {}


def cut(text: str, chars: int, *, end: str = "") -> str:
    """Return a text with at most so many characters, its end included."""
    if len(text) <= chars:
        return text
    return f"{text[: chars - len(end) - 2]} …{end}"
