"""What the configuration says of one parameter of a job."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lakevisor_jobs.parameter_types import WORDS, ParameterType, canonical, order

REFERENCE = "{{"
"""Begins a dynamic value reference: Databricks would put something else in its place."""


def _from_yaml(value: object) -> object:
    # YAML reads 2026-01-31 as a date.
    return value.isoformat() if isinstance(value, date) else value


Value = Annotated[bool | int | float | str, BeforeValidator(_from_yaml)]


class ParameterSettings(BaseModel):
    """A job parameter that may be set, and which values it takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ParameterType = Field("string", description="What its values are.")
    description: str = Field("", description="What it means; the model reads it.")
    enum: Sequence[Value] | None = Field(
        None, min_length=1, description="The only values that it takes."
    )
    minimum: Value | None = Field(None, description="The least number, or the first date.")
    maximum: Value | None = Field(None, description="The greatest number, or the last date.")
    pattern: str | None = Field(
        None, description="A regular expression that the whole of a text must match."
    )
    required: bool = Field(False, description="Whether the person is asked when it is missing.")
    default: Value | None = Field(
        None, description="What is sent when it is not named; else the job's own default is."
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.pattern is not None and self.type != "string":
            raise ValueError("has a pattern, which only a string can have")
        if self._has_range and self.type not in ("integer", "number", "date"):
            raise ValueError("has minimum or maximum, which only numbers and dates can have")
        if self.required and self.default is not None:
            raise ValueError("is required and has a default; it can have one of them")
        _compiled(self.pattern)
        for each in (*(self.enum or ()), self.minimum, self.maximum):
            if each is not None:
                canonical(each, self.type)
        if self.default is not None and REFERENCE in self.text(self.default):
            raise ValueError(f"has a default with {REFERENCE!r}, which Databricks would evaluate")
        return self

    @property
    def _has_range(self) -> bool:
        return self.minimum is not None or self.maximum is not None

    def text(self, value: object) -> str:
        """Return the text in which a value reaches the job.

        Raises:
            ValueError: the parameter does not take it; the message says what it takes.
        """
        text = canonical(value, self.type)
        if not self._takes(text):
            raise ValueError(f"must be {self.allowed()}")
        return text

    def allowed(self) -> str:
        """Return which values it takes: `a whole number from 1 to 90`."""
        if self.enum is not None:
            return f"one of {', '.join(canonical(each, self.type) for each in self.enum)}"
        words = WORDS[self.type]
        if self.minimum is not None:
            words += f" from {canonical(self.minimum, self.type)}"
        if self.maximum is not None:
            words += f" up to {canonical(self.maximum, self.type)}"
        if self.pattern is not None:
            words += f" that matches {self.pattern}"
        return words

    def summary(self) -> str:
        """Return in a few words what a model must know of it."""
        is_plain = self.type == "string" and self.enum is None and self.pattern is None
        facts = [] if is_plain else [self.allowed()]
        if self.required:
            facts.append("required")
        return ": ".join(part for part in (", ".join(facts), self.description) if part)

    def _takes(self, text: str) -> bool:
        if self.enum is not None and text not in {canonical(each, self.type) for each in self.enum}:
            return False
        at = order(text, self.type)
        if self.minimum is not None and at < self._order_of(self.minimum):
            return False
        if self.maximum is not None and at > self._order_of(self.maximum):
            return False
        return self.pattern is None or _compiled(self.pattern).fullmatch(text) is not None

    def _order_of(self, value: object) -> Any:
        return order(canonical(value, self.type), self.type)


def _compiled(pattern: str | None) -> re.Pattern[str]:
    try:
        return re.compile(pattern or "")
    except re.error as error:
        raise ValueError(f"has the pattern {pattern!r}, which cannot be read: {error}") from error


def _from_text(value: object) -> object:
    return {"description": value} if isinstance(value, str) else value


Parameter = Annotated[ParameterSettings, BeforeValidator(_from_text)]
"""A parameter; text alone is a parameter of type `string` that means this."""
