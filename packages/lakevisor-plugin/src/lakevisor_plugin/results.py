"""What a tool returns, and what the graph does with it.

Anything else that a tool returns (text, a mapping, a list) is content for the sub-agent's model.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from lakevisor_plugin.operations import Operation

CHART = "chart"
"""The key in an answer's `data` of a Vega-Lite specification: a chart that clients draw."""

DOWNLOAD = "download"
"""The key in an answer's `data` of a text that names its file; `SubAgent.download` reads it."""

QUESTION = "question"
"""The key in an answer's `data` of the question that it answers; its files are named after it."""


class Answer(BaseModel):
    """An answer for the person, shown word for word; no model retells it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1)
    """Markdown."""
    for_model: str = ""
    """What a model reads of it when the turn goes on or in later turns; empty: the text."""
    data: Mapping[str, JsonValue] = Field(default_factory=dict)
    """What programs read of it: `custom_outputs[<agent>]`, one entry an answer."""


class Deferred(BaseModel):
    """An answer that comes after the turn; what else the person has asked for is still done.

    A supervisor that has more to do reads that it comes later and goes on with what does not need
    it. The same call is not made again in the turn.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: Operation
    """What brings the answer; its end is told once."""
    text: str = Field(min_length=1)
    """What the person reads, in words of your own; it names the operation's id."""
    data: Mapping[str, JsonValue] = Field(default_factory=dict)
    """What programs read of it, like an answer's."""


class Launched(BaseModel):
    """Work was started that goes on after the turn; the turn ends here, always."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: Operation
    text: str = Field(min_length=1)
    """What the person reads, in words of your own; it names the run's id."""
