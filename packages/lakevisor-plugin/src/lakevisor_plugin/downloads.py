"""A file behind an answer: more than is shown, and never through a model."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Downloaded(BaseModel):
    """The end of a download, which its last part is: without it, the file is not whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1)
    """What was written, for the person: `150,000 rows.`"""
    data: Mapping[str, JsonValue] = Field(default_factory=dict)
    """The same for programs."""
