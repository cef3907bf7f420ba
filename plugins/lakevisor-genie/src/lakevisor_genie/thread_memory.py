"""What is remembered of a thread: Genie's conversations, and where the latest answers come from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from lakevisor_genie.provenance import Provenance
from lakevisor_plugin import Memory, MemoryFull

_CONVERSATIONS = "conversations"
_ANSWERS = "answers"
_MOST_ANSWERS = 5


@dataclass(frozen=True, kw_only=True)
class ThreadMemory:
    """The memory of a thread in this plugin's words."""

    memory: Memory
    """Where it is kept."""

    def conversation_id(self, space: str) -> str | None:
        """Return Genie's conversation of this thread in a space."""
        found = self._conversations().get(space)
        return str(found) if found else None

    def continue_in(self, space: str, conversation_id: str) -> None:
        """Remember the conversation that the next question to a space goes on with."""
        self._keep(_CONVERSATIONS, {**self._conversations(), space: conversation_id})

    def answers(self) -> Sequence[Provenance]:
        """Return where the latest answers come from, the latest last."""
        kept = self.memory.get(_ANSWERS)
        try:
            return [Provenance.model_validate(each) for each in kept or ()]  # type: ignore[union-attr]  # validated right here
        except (TypeError, ValidationError):
            # An older version wrote it; what was kept explains answers, it is not an answer.
            return []

    def last_space(self, known: Collection[str]) -> str | None:
        """Return which of the known spaces the last answer came from: a follow-up goes there."""
        spaces = [each.space for each in self.answers()]
        return spaces[-1] if spaces and spaces[-1] in known else None

    def add(self, answer: Provenance) -> None:
        """Remember where an answer comes from; the oldest are forgotten for it, if need be."""
        latest = [*self.answers(), answer][-_MOST_ANSWERS:]
        while latest and not self._keep(_ANSWERS, [each.data(with_sql=True) for each in latest]):
            # The last one alone may be too long: then it is kept without its SQL.
            alone = latest[-1].model_copy(update={"sql": None, "parameters": {}})
            latest = latest[1:] or ([alone] if latest[-1].sql is not None else [])

    def _conversations(self) -> dict[str, JsonValue]:
        kept = self.memory.get(_CONVERSATIONS)
        return kept if isinstance(kept, dict) else {}

    def _keep(self, key: str, value: JsonValue) -> bool:
        """Remember a value if there is room; outside of a thread there is none."""
        try:
            self.memory[key] = value
        except MemoryFull:
            return False
        return True
