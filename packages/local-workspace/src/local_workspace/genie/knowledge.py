"""What a space knows, prepared for questions: words, examples, filters, values of columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from local_workspace.genie.serialized_space import ExampleQuestionSql, SerializedSpace
from local_workspace.sql import SqlFailed, Warehouse
from local_workspace.sql.translation import parse_query

_MOST_VALUES = 1000


@dataclass(frozen=True, kw_only=True)
class Example:
    """A curated question with its SQL."""

    questions: tuple[str, ...]
    """The question, and the benchmark questions that have the same SQL as their answer."""
    sql: str
    description: str
    parameters: Mapping[str, str]
    """The SQL type of each parameter."""
    defaults: Mapping[str, str]
    columns: Mapping[str, str]
    """For a parameter that is compared with a column: the column."""


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """A space as the matcher needs it."""

    examples: tuple[Example, ...]
    synonyms: Mapping[str, tuple[str, ...]]
    """The words for each column, expression and measure."""
    measures: frozenset[str]
    """Those of the synonyms' keys that are measures."""
    filters: Mapping[str, str]
    """The SQL condition of each named filter."""
    filter_synonyms: Mapping[str, tuple[str, ...]]
    values: Mapping[str, tuple[str, ...]]
    """The values of the columns that have entity matching."""
    columns: Mapping[str, frozenset[str]]
    """The columns of each table, the table by its full name."""


def knowledge_of(space: SerializedSpace, warehouse: Warehouse) -> Knowledge:
    """Return what a space knows; reads the values of its columns from the warehouse."""
    snippets = space.instructions.sql_snippets
    examples = tuple(
        _example(each, _questions(each, space)) for each in space.instructions.example_question_sqls
    )
    return Knowledge(
        examples=examples,
        synonyms=_synonyms(space),
        measures=frozenset(measure.alias for measure in snippets.measures),
        filters={each.display_name: "".join(each.sql) for each in snippets.filters},
        filter_synonyms={each.display_name: tuple(each.synonyms) for each in snippets.filters},
        values=dict(_values(space, warehouse)),
        columns=_columns(space, warehouse),
    )


def _questions(example: ExampleQuestionSql, space: SerializedSpace) -> tuple[str, ...]:
    same = [
        "".join(question.question)
        for question in space.benchmarks.questions
        if any(answer.content == example.sql for answer in question.answer)
    ]
    return ("".join(example.question), *same)


def _example(example: ExampleQuestionSql, questions: tuple[str, ...]) -> Example:
    sql = "".join(example.sql)
    defaults = {
        parameter.name: parameter.default_value.values[0]
        for parameter in example.parameters
        if parameter.default_value and parameter.default_value.values
    }
    return Example(
        questions=questions,
        sql=sql,
        description="".join(example.usage_guidance) or questions[0],
        parameters={each.name: each.type_hint for each in example.parameters},
        defaults=defaults,
        columns=_compared_columns(sql),
    )


def _compared_columns(sql: str) -> dict[str, str]:
    """Return the column with which each parameter of a query is compared."""
    try:
        query = parse_query(sql)
    except SqlFailed:
        # A broken example is found out when it is run, and then told to the one who asked.
        return {}
    found = {}
    for marker in query.find_all(exp.Placeholder):
        other = marker.parent.find(exp.Column) if isinstance(marker.parent, exp.EQ) else None
        if other is not None:
            found[marker.name] = other.name
    return found


def _synonyms(space: SerializedSpace) -> dict[str, tuple[str, ...]]:
    columns = {
        column.column_name: tuple(column.synonyms)
        for table in space.data_sources.tables
        for column in table.column_configs
        if not column.exclude
    }
    snippets = space.instructions.sql_snippets
    named = {
        each.alias: (each.alias.replace("_", " "), *each.synonyms)
        for each in (*snippets.expressions, *snippets.measures)
    }
    return columns | named


def _values(space: SerializedSpace, warehouse: Warehouse) -> Iterator[tuple[str, tuple[str, ...]]]:
    for table in space.data_sources.tables:
        for column in table.column_configs:
            if column.enable_entity_matching and not column.exclude:
                yield column.column_name, _distinct(warehouse, table.identifier, column.column_name)


def _distinct(warehouse: Warehouse, table: str, column: str) -> tuple[str, ...]:
    sql = exp.select(exp.column(column)).distinct().from_(exp.to_table(table)).order_by("1")
    try:
        result = warehouse.execute(sql.sql(dialect="databricks"), row_limit=_MOST_VALUES)
    except SqlFailed:
        # A space may name a table that is gone; its other tables still answer.
        return ()
    return tuple(row[0] for row in result.rows if row[0])


def _columns(space: SerializedSpace, warehouse: Warehouse) -> dict[str, frozenset[str]]:
    found = {}
    for table in space.data_sources.tables:
        result = warehouse.execute(f"DESCRIBE TABLE {table.identifier}")
        found[table.identifier.lower()] = frozenset(str(row[0]) for row in result.rows)
    return found
