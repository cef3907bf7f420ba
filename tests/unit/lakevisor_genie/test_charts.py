"""The chart as clients get it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from lakevisor_genie.charts import charted
from lakevisor_genie.outcomes import Answered, MessageRef, Query, Reply
from lakevisor_genie.result_table import ResultTable
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.values import Column
from lakevisor_plugin import Answer

REGION = ("region", "STRING", ["ASIA", "EUROPE", "AFRICA"])
MONTHS = ("month", "DATE", [date(2026, month, 1) for month in (1, 2, 3)])
ORDERS = ("orders", "LONG", [30, 10, 20])
ORDERED = "SELECT 1 ORDER BY 2"
REVENUE = ("revenue", "DECIMAL", [Decimal(1), Decimal(3), Decimal(2)])


def settings(**more: Any) -> GenieSettings:
    space = {"space_id": "1", "description": "Sales."}
    return GenieSettings.model_validate({"spaces": {"sales": space}, **more})


def table(*columns: tuple[str, str, list[Any]]) -> ResultTable:
    rows = list(zip(*(values for _, _, values in columns), strict=True))
    named = [Column(name=name, type_name=kind) for name, kind, _ in columns]
    return ResultTable(columns=named, rows=rows, row_count=len(rows))


async def chart_of(*columns: Any, sql: str = ORDERED, **more: Any) -> Any:
    at = MessageRef(space_id="1", conversation_id="2", message_id="3")
    reply = Reply(at=at, query=Query(attachment_id="4", sql=sql))
    outcome = Answered(reply=reply, table=table(*columns))
    answer = await charted(Answer(text="."), outcome, settings(**more), question="How much?")
    return answer.data.get("chart")


def rows(chart: Any) -> list[dict[str, Any]]:
    (values,) = chart["datasets"].values()
    return list(values)


async def test_a_chart_brings_its_data_and_names_its_axes() -> None:
    chart = await chart_of(REGION, REVENUE)
    assert chart["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert rows(chart)[0] == {"axis": "ASIA", "measure0": 1.0}
    titles = {name: chart["encoding"][name]["title"] for name in "xy"}
    assert titles == {"x": "Revenue", "y": "Region"}
    assert (chart["title"], chart["mark"]["type"]) == ("How much?", "bar")


@pytest.mark.parametrize(
    ("names", "sql", "expected"),
    [
        (["ASIA", "EUROPE", "AFRICA"], ORDERED, ["ASIA", "EUROPE", "AFRICA"]),
        (["ASIA", "EUROPE", "AFRICA"], "SELECT 1", ["EUROPE", "AFRICA", "ASIA"]),
        (["AFRICA", "ASIA", "EUROPE"], ORDERED, ["ASIA", "EUROPE", "AFRICA"]),
    ],
    ids=["the query's own order", "no order", "the alphabet"],
)
async def test_bars_stand_in_the_order_of_the_query_or_by_length(
    names: list[str], sql: str, expected: list[str]
) -> None:
    chart = await chart_of(("region", "STRING", names), REVENUE, sql=sql)
    assert [each["axis"] for each in rows(chart)] == expected


@pytest.mark.parametrize(
    ("last", "axis"),
    [
        (date(2026, 12, 1), {}),
        (date(2027, 1, 1), {"format": "%b %Y"}),
        (date(2030, 1, 1), {"format": "%Y", "tickCount": "year"}),
    ],
)
async def test_an_axis_of_several_years_names_them(last: date, axis: Any) -> None:
    days = [date(year, 1, 1) for year in range(2026, last.year)] + [last]
    revenue = ("revenue", "LONG", list(range(len(days) + 1)))

    chart = await chart_of(("day", "DATE", [*days, last.replace(day=2)]), revenue)

    assert chart["encoding"]["x"]["axis"] == axis


@pytest.mark.parametrize(
    ("axis", "told"),
    [
        (REGION, {"type": "nominal"}),
        (MONTHS, {"type": "temporal", "timeUnit": "utcyearmonthdate"}),
        (
            ("hour", "TIMESTAMP", [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in (1, 2, 3)]),
            {"type": "temporal", "timeUnit": "utcyearmonthdatehoursminutes"},
        ),
    ],
)
async def test_who_points_at_a_figure_reads_all_of_it(axis: Any, told: Any) -> None:
    chart = await chart_of(axis, REVENUE)

    shown, figure = chart["encoding"]["tooltip"]
    assert shown == {"field": "axis", "title": axis[0].capitalize(), **told}
    assert (figure["title"], figure["format"]) == ("Revenue", ",")


async def test_several_measures_are_panels_over_one_axis() -> None:
    chart = await chart_of(MONTHS, ORDERS, REVENUE)
    panels = [each["encoding"]["y"]["title"] for each in chart["vconcat"]]
    assert panels == ["Orders", "Revenue"]


async def test_moments_are_those_of_the_configured_zone_in_every_browser() -> None:
    moments = [datetime(2026, 1, day, 23, tzinfo=UTC) for day in (1, 2, 3)]
    chart = await chart_of(("at", "TIMESTAMP", moments), REVENUE, time_zone="Europe/Berlin")
    assert rows(chart)[0]["axis"] == "2026-01-02T00:00:00Z"
    assert chart["encoding"]["x"]["scale"] == {"type": "utc"}


async def test_a_column_is_never_read_as_an_expression() -> None:
    names = ("a.b[0]:Q", "STRING", ["x", "y", "z"])
    chart = await chart_of(names, ("count()", "INT", [3, 2, 1]))
    assert chart["encoding"]["x"]["field"] == "measure0"
    assert chart["encoding"]["x"]["title"] == "Count()"


async def test_the_largest_chart_is_small_enough_to_be_stored_with_each_answer() -> None:
    days = [date.fromordinal(740_000 + day) for day in range(500)]
    measures = [(f"m{n}", "DOUBLE", [1234567.89 + day for day in range(500)]) for n in range(3)]
    chart = await chart_of(("day", "DATE", days), *measures)
    assert len(json.dumps(chart)) < 60_000


async def test_the_configuration_can_switch_charts_off() -> None:
    assert await chart_of(REGION, REVENUE, charts="never") is None
