"""What earlier attempts at a turn have told of it, so that nothing is told twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lakevisor_plugin import Answered


class EarlierAttempts:
    """The items that stand in a response when an attempt at its turn begins.

    A resumed turn says again what it has kept, as whole messages. What it does not say again was
    said by an attempt that died before it was kept.
    """

    def __init__(self, items: Sequence[Mapping[str, Any]] = ()) -> None:
        """Take the items that are done."""
        self._items = items = tuple(items)
        self._called = {each["call_id"] for each in items if each["type"] == "function_call"}
        self._results = {
            each["call_id"] for each in items if each["type"] == "function_call_output"
        }
        self._unconfirmed = [
            each for each in items if each["type"] == "message" and each["status"] == "completed"
        ]

    def had_called(self, call_id: str) -> bool:
        """Tell whether a tool call stands there."""
        return call_id in self._called

    def had_result(self, call_id: str) -> bool:
        """Tell whether what came of a tool call stands there."""
        return call_id in self._results

    def had(self, item_id: str) -> bool:
        """Tell whether an item stands there."""
        return any(each["id"] == item_id for each in self._items)

    def unsaid(self, answer: Answered) -> str:
        """Return what of an answer does not stand there, and take the rest for kept.

        An answer is a part of the reply, or, where the turn had ended, the whole of it.
        """
        for item in self._unconfirmed:
            if (item["agent"], _text(item)) == (answer.agent, answer.text):
                self._unconfirmed.remove(item)
                return ""
        whole = "\n\n".join(_text(item).strip() for item in self._unconfirmed)
        if not whole or not f"{answer.text}\n\n".startswith(f"{whole}\n\n"):
            return answer.text
        self._unconfirmed.clear()
        return answer.text.removeprefix(whole).removeprefix("\n\n")

    def is_void(self, item: Mapping[str, Any]) -> bool:
        """Tell whether an item is a message that the turn has not kept."""
        if not any(each["id"] == item["id"] for each in self._items):
            return False
        return item["type"] == "message" and (
            item["status"] != "completed" or item in self._unconfirmed
        )


def _text(item: Mapping[str, Any]) -> str:
    return str(item["content"][0]["text"])
