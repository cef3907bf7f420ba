"""The section `agents.genie` of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SpaceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Words = Annotated[str, Field(min_length=1)]


class SpaceSettings(BaseModel):
    """One Genie space that people may ask."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    space_id: str = Field(
        pattern=r"^[A-Za-z0-9_-]+$",
        description="The space, by its id: 32 hexadecimal digits, as in the address of its page.",
    )
    title: Words = Field("Genie", description="Its name for people.")
    description: Words = Field(
        description="What its data is about; the model chooses by it when to ask."
    )


class GenieSettings(BaseModel):
    """The Genie spaces that people may ask."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spaces: Mapping[SpaceName, SpaceSettings] = Field(
        min_length=1, description="The spaces, each under the name by which the model calls it."
    )
    timeout_seconds: float = Field(
        45, gt=0, description="How long Genie may take for an answer; never beyond the turn's end."
    )
    max_rows: int = Field(50, gt=0, description="The most rows of a result that are shown.")
    show_sql: Literal["on_request", "always"] = Field(
        "on_request", description="Whether each answer shows the SQL that it comes from."
    )
