"""The section `agents.genie` of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SpaceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Words = Annotated[str, Field(min_length=1)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is no time zone; one is Europe/Berlin") from error
    return name


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
        45, gt=0, description="How long a question is waited for; never beyond the turn's end."
    )
    max_rows: int = Field(50, gt=0, description="The most rows of a result that are shown.")
    read_rows: int = Field(
        1000, gt=0, description="The most rows of a result that are read, for `custom_outputs`."
    )
    read_bytes: int = Field(
        1_000_000, gt=0, description="The most bytes of a result that are read, in all its rows."
    )
    model_chars: int = Field(
        8000, ge=500, description="The most characters of an answer that a model reads."
    )
    show_sql: Literal["never", "on_request", "always"] = Field(
        "on_request",
        description=(
            "Who sees the SQL: each answer shows it; or only who asks for it, and programs; or "
            "nobody: neither people nor programs nor the model."
        ),
    )
    questions_per_minute: int = Field(
        5, gt=0, description="How many questions all servers together ask the workspace a minute."
    )
    on_behalf_of_user: Literal["if_possible", "required", "never"] = Field(
        "if_possible",
        description=(
            "Whether Genie is asked with the person's own token, where the request brought one; "
            "without one Lakevisor's identity asks, or nobody (required)."
        ),
    )
    charts: Literal["auto", "never"] = Field(
        "auto",
        description="Whether an answer has a chart, for clients that draw it, where one helps.",
    )
    suggestions: int = Field(
        3, ge=0, description="The most further questions that are offered with an answer."
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", description="The zone in which times are shown to people."
    )
