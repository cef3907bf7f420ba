"""What exactly a tool call would do, for the person who is asked before it does."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Settled(BaseModel):
    """A tool call with nothing left open: what the person is asked, and what their yes runs.

    Settling the settled call again gives the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    arguments: Mapping[str, JsonValue]
    """What the tool is called with after the yes: this run, not the one that is meant by then."""
    action: str = Field(min_length=1)
    """What that does, to stand in "Shall I …?": `stop run 12 (Churn report)`.

    In words of your own and of the configuration alone.
    """
    values: Mapping[str, JsonValue] = Field(default_factory=dict)
    """With what it is done, by name: all that a model wrote, or another system said.

    The host quotes each, so that it cannot pass for words of the question.
    """
