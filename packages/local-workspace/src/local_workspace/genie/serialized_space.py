"""`serialized_space`, version 2: what it may contain, and a check that says what is wrong.

The field names and rules are those of the public documentation of Genie's API and of spaces
exported from real workspaces.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from local_workspace.errors import InvalidParameter

_MOST_TABLES = 30
_MOST_INSTRUCTIONS = 100
_MOST_SNIPPETS = 200

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Segments = list[str]
"""A text in parts that are put together as they are."""


def _one_text(segments: Segments) -> Segments:
    if len(segments) != 1 or not segments[0].strip():
        raise ValueError("must be a list with exactly one text")
    return segments


Question = Annotated[Segments, AfterValidator(_one_text)]


class Part(BaseModel):
    """Any part of a space; a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SampleQuestion(Part):
    """A question that the space shows to start with."""

    id: Id
    question: Question


class Config(Part):
    """How the space presents itself."""

    sample_questions: list[SampleQuestion] = []


class ColumnConfig(Part):
    """What Genie should know about a column."""

    column_name: str
    description: Segments = []
    synonyms: list[str] = []
    exclude: bool = False
    enable_entity_matching: bool = False
    """Whether its values are looked for in questions."""
    enable_format_assistance: bool = False


class DataSource(Part):
    """A table or metric view."""

    identifier: Annotated[str, Field(pattern=r"^[^.\s]+\.[^.\s]+\.[^.\s]+$")]
    description: Segments = []
    column_configs: list[ColumnConfig] = []


class DataSources(Part):
    """All that the space may read."""

    tables: list[DataSource] = []
    metric_views: list[DataSource] = []


class DefaultValue(Part):
    """What a parameter is when the question does not say."""

    values: list[str]


class ExampleParameter(Part):
    """A marker `:name` in an example's question and SQL."""

    name: str
    type_hint: str = "STRING"
    description: Segments = []
    default_value: DefaultValue | None = None


class ExampleQuestionSql(Part):
    """A question and the SQL that answers it."""

    id: Id
    question: Question
    sql: Segments
    usage_guidance: Segments = []
    parameters: list[ExampleParameter] = []


class TextInstruction(Part):
    """General instructions in plain words."""

    id: Id
    content: Segments


class SqlFunction(Part):
    """A function of the catalog that answers questions."""

    id: Id
    identifier: str
    description: Segments = []


class JoinSide(Part):
    """One table of a join."""

    identifier: str
    alias: str | None = None


class JoinSpec(Part):
    """How two tables belong together."""

    id: Id
    left: JoinSide
    right: JoinSide
    sql: Segments
    comment: Segments = []
    instruction: Segments = []


class Filter(Part):
    """A named condition."""

    id: Id
    display_name: str
    sql: Segments
    synonyms: list[str] = []
    comment: Segments = []
    instruction: Segments = []


class Expression(Part):
    """A named expression or measure."""

    id: Id
    alias: str
    display_name: str | None = None
    sql: Segments
    synonyms: list[str] = []
    comment: Segments = []
    instruction: Segments = []


class SqlSnippets(Part):
    """Named pieces of SQL."""

    filters: list[Filter] = []
    expressions: list[Expression] = []
    measures: list[Expression] = []


class Instructions(Part):
    """What the space teaches Genie."""

    text_instructions: Annotated[list[TextInstruction], Field(max_length=1)] = []
    example_question_sqls: list[ExampleQuestionSql] = []
    sql_functions: list[SqlFunction] = []
    join_specs: list[JoinSpec] = []
    sql_snippets: SqlSnippets = SqlSnippets()


class BenchmarkAnswer(Part):
    """The SQL that a benchmark question should lead to."""

    format: Literal["SQL"]
    content: Segments


class BenchmarkQuestion(Part):
    """A question with a known answer."""

    id: Id
    question: Question
    answer: list[BenchmarkAnswer] = []


class Benchmarks(Part):
    """Questions by which a space is measured."""

    questions: list[BenchmarkQuestion] = []


class SerializedSpace(Part):
    """The whole content of a space."""

    version: Literal[1, 2]
    config: Config = Config()
    data_sources: DataSources = DataSources()
    instructions: Instructions = Instructions()
    benchmarks: Benchmarks = Benchmarks()

    @model_validator(mode="after")
    def _check_order_and_limits(self) -> Self:
        for where, parts in self._lists_with_ids():
            _check_sorted(where, [part.id for part in parts])
        ids = [part.id for _, parts in self._lists_with_ids() for part in parts]
        if len(ids) != len(set(ids)):
            raise ValueError("ids must be unique in the whole space")
        for where, sources in (
            ("data_sources.tables", self.data_sources.tables),
            ("data_sources.metric_views", self.data_sources.metric_views),
        ):
            _check_sorted(where, [source.identifier for source in sources])
            for source in sources:
                _check_sorted(
                    f"{where}[{source.identifier}].column_configs",
                    [column.column_name for column in source.column_configs],
                )
        self._check_limits()
        return self

    def _lists_with_ids(self) -> Iterable[tuple[str, Sequence[Any]]]:
        taught, snippets = self.instructions, self.instructions.sql_snippets
        yield "config.sample_questions", self.config.sample_questions
        yield "instructions.text_instructions", taught.text_instructions
        yield "instructions.example_question_sqls", taught.example_question_sqls
        yield "instructions.sql_functions", taught.sql_functions
        yield "instructions.join_specs", taught.join_specs
        yield "instructions.sql_snippets.filters", snippets.filters
        yield "instructions.sql_snippets.expressions", snippets.expressions
        yield "instructions.sql_snippets.measures", snippets.measures
        yield "benchmarks.questions", self.benchmarks.questions

    def _check_limits(self) -> None:
        taught, snippets = self.instructions, self.instructions.sql_snippets
        tables = len(self.data_sources.tables) + len(self.data_sources.metric_views)
        instructions = (
            len(taught.example_question_sqls)
            + len(taught.sql_functions)
            + len(taught.text_instructions)
        )
        pieces = len(snippets.filters) + len(snippets.expressions) + len(snippets.measures)
        for what, count, most in (
            ("tables and metric views", tables, _MOST_TABLES),
            ("instructions", instructions, _MOST_INSTRUCTIONS),
            ("SQL snippets", pieces, _MOST_SNIPPETS),
        ):
            if count > most:
                raise ValueError(f"a space has at most {most} {what}, this one has {count}")


def _check_sorted(where: str, keys: Sequence[str]) -> None:
    for key, following in pairwise(keys):
        if key >= following:
            raise ValueError(f"{where} must be sorted and unique: {following!r} follows {key!r}")


def parse_space(text: Any) -> SerializedSpace:
    """Return the content of a space; version 1 is taken as version 2.

    Raises:
        InvalidParameter: it is not JSON, or breaks a rule; the message says which.
    """
    if not isinstance(text, str):
        raise InvalidParameter("serialized_space must be a JSON string")
    try:
        body = json.loads(text)
    except ValueError as error:
        raise InvalidParameter(f"serialized_space is not valid JSON: {error}") from error
    try:
        space = SerializedSpace.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "serialized_space"
        raise InvalidParameter(f"Invalid serialized_space: {where}: {first['msg']}") from error
    return space.model_copy(update={"version": 2})
