"""The chart of a result, as a Vega-Lite specification that brings its data."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from lakevisor_genie.chart_choice import Choice, Role, choose_chart
from lakevisor_genie.outcomes import Answered, Outcome
from lakevisor_genie.result_table import ResultTable
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.values import Value
from lakevisor_plugin import CHART, Answer

if TYPE_CHECKING:
    import altair as alt

_WIDTH = 560
_HEIGHT = 260
_PANEL_HEIGHT = 160
_BAR_HEIGHT = 20
_LABEL_WIDTH = 190
"""Vega gives the names of an axis 200 points at most."""
_TITLE_CHARS = 90
_FEW_POINTS = 40
"""Up to so many points of a line are marked: it is seen where figures are, and where none are."""
_MOST_LEVEL = 14
"""Up to so many periods are written level below a line."""
_FEW_YEARS = 3
"""Up to so many years the months are named, too."""
_LARGE = 10_000
"""From here on an axis says 10k, 2.5M and 3B."""
_AXIS, _SERIES, _MEASURE = "axis", "series", "measure{}"


async def charted(
    answer: Answer, outcome: Outcome, settings: GenieSettings, *, question: str
) -> Answer:
    """Return an answer with the chart of its result, where one helps."""
    if settings.charts == "never" or not isinstance(outcome, Answered) or outcome.table is None:
        return answer
    choice = choose_chart(outcome.table, question=question)
    if choice is None:
        return answer
    drawing = _Drawing(outcome.table, choice, zone=ZoneInfo(settings.time_zone))
    is_ordered = outcome.reply.query is not None and "order by" in outcome.reply.query.sql.lower()
    # The first time it imports altair, which takes a second.
    chart = await asyncio.to_thread(drawing.specification, question, is_ordered=is_ordered)
    return answer.model_copy(update={"data": {**answer.data, CHART: chart}})


class _Drawing:
    """Makes the specification; its fields have names of ours, as a column's may mean something."""

    def __init__(self, table: ResultTable, choice: Choice, *, zone: tzinfo) -> None:
        self._table = table
        self._choice = choice
        self._zone = zone

    def specification(self, title: str, *, is_ordered: bool) -> dict[str, JsonValue]:
        """Return the chart; `is_ordered` says that the rows' order means something."""
        import altair as alt

        panels = [self._panel(number) for number in range(len(self._choice.measures))]
        chart: Any = panels[0] if len(panels) == 1 else alt.vconcat(*panels)
        data = alt.InlineData(values=self._rows(is_ordered=is_ordered))
        made = chart.properties(data=data, title=_cut(title)).configure_axis(
            labelLimit=_LABEL_WIDTH, titleFontWeight="normal"
        )
        specification: dict[str, JsonValue] = made.configure_title(anchor="start").to_dict()
        return specification

    def _rows(self, *, is_ordered: bool) -> list[dict[str, JsonValue]]:
        choice, rows = self._choice, list(self._table.rows)
        axis = [(row[choice.axis] is None, row[choice.axis]) for row in rows]
        # An order of the query's own is kept; bars by the alphabet are easier compared by length.
        if not choice.is_line and (not is_ordered or axis == sorted(axis)):
            rows.sort(key=lambda row: _number(row[choice.measures[0]]) or 0, reverse=True)
        return [self._row(row) for row in rows]

    def _row(self, row: Sequence[Value]) -> dict[str, JsonValue]:
        choice = self._choice
        fields: dict[str, JsonValue] = {_AXIS: self._on_axis(row[choice.axis])}
        if choice.series is not None:
            fields[_SERIES] = _name(row[choice.series])
        measures = enumerate(choice.measures)
        return fields | {_MEASURE.format(number): _number(row[at]) for number, at in measures}

    def _on_axis(self, value: Value) -> JsonValue:
        match self._choice.role, value:
            case Role.TIME, date():
                return _moment(value, self._zone)
            case Role.PERIOD, int():
                return value
            case _:
                return _name(value)

    def _panel(self, number: int) -> alt.Chart:
        import altair as alt

        choice, measure = self._choice, self._measure(number)
        if choice.is_line:
            chart: alt.Chart = alt.Chart().mark_line(point=len(self._table.rows) <= _FEW_POINTS)
            height = _HEIGHT if len(choice.measures) == 1 else _PANEL_HEIGHT
            along = alt.X(field=_AXIS, title=self._title(choice.axis), **self._scale())
            chart = chart.encode(x=along, y=alt.Y(**measure), **self._colours())
            chart = chart.encode(tooltip=self._values(number))
            return chart.properties(width=_WIDTH, height=height)
        # A title beside few bars would be longer than they are high.
        above = alt.Axis(titleAngle=0, titleAlign="right", titleX=-10, titleY=-10)
        title = self._title(choice.axis)
        # `sort=None` keeps the order of the data.
        names = alt.Y(field=_AXIS, type="nominal", title=title, sort=None, axis=above)
        bars: alt.Chart = alt.Chart().mark_bar().encode(x=alt.X(**measure), y=names)
        return bars.encode(tooltip=self._values(number)).properties(
            width=_WIDTH, height=alt.Step(_BAR_HEIGHT)
        )

    def _scale(self) -> dict[str, Any]:
        import altair as alt

        if self._choice.role is Role.TIME:
            # The data say the time of the configured zone; no browser shall move it to its own.
            return {"type": "temporal", "scale": alt.Scale(type="utc"), "axis": self._years()}
        is_wide = len({row[self._choice.axis] for row in self._table.rows}) > _MOST_LEVEL
        return {"type": "ordinal", "axis": alt.Axis(labelAngle=-45 if is_wide else 0)}

    def _years(self) -> alt.Axis:
        """Return an axis of time that names the years where there are several.

        Of itself Vega names only those whose January has a label, and drops every second label.
        """
        import altair as alt

        years = {
            each.year
            for row in self._table.rows
            if isinstance(each := row[self._choice.axis], date)
        }
        if len(years) <= 1:
            return alt.Axis()
        if len(years) <= _FEW_YEARS:
            return alt.Axis(format="%b %Y")
        return alt.Axis(format="%Y", tickCount="year")

    def _colours(self) -> dict[str, Any]:
        import altair as alt

        at = self._choice.series
        if at is None:
            return {}
        return {"color": alt.Color(field=_SERIES, type="nominal", title=self._title(at))}

    def _values(self, number: int) -> list[alt.Tooltip]:
        """Return what is told of the place that a person points at, in full."""
        import altair as alt

        choice = self._choice
        of_axis: dict[str, Any] = {"type": "nominal"}
        if choice.role is Role.TIME:
            moments = (row[choice.axis] for row in self._table.rows)
            has_hours = any(isinstance(each, datetime) for each in moments)
            unit = "utcyearmonthdatehoursminutes" if has_hours else "utcyearmonthdate"
            of_axis = {"type": "temporal", "timeUnit": unit}
        told = [alt.Tooltip(field=_AXIS, title=self._title(choice.axis), **of_axis)]
        if choice.series is not None:
            title = self._title(choice.series)
            told.append(alt.Tooltip(field=_SERIES, type="nominal", title=title))
        field, title = _MEASURE.format(number), self._title(choice.measures[number])
        return [*told, alt.Tooltip(field=field, type="quantitative", title=title, format=",")]

    def _measure(self, number: int) -> dict[str, Any]:
        import altair as alt

        at = self._choice.measures[number]
        largest = max(abs(_number(row[at]) or 0) for row in self._table.rows)
        axis = alt.Axis()
        if largest >= _LARGE:
            # d3 calls a billion a giga, and writes 0M.
            words = "datum.value ? replace(datum.label, 'G', 'B') : '0'"
            axis = alt.Axis(format="~s", labelExpr=words)
        name, title = _MEASURE.format(number), self._title(at)
        return {"field": name, "type": "quantitative", "title": title, "axis": axis}

    def _title(self, at: int) -> str:
        """Return a column's name as one would write it."""
        name = self._table.columns[at].name
        words = name.replace("_", " ").strip() or name
        return _cut(words[:1].upper() + words[1:])


def _number(value: Value) -> int | float | None:
    """Return a measure as a chart's number; half a digit in the last place is not seen."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = value if isinstance(value, int) else float(value)
    return number if math.isfinite(number) else None


def _moment(value: date, zone: tzinfo) -> str:
    """Return a moment as it is on the clocks of a zone, written as if that were UTC."""
    if not isinstance(value, datetime):
        return value.isoformat()
    local = value if value.tzinfo is None else value.astimezone(zone)
    return f"{local.replace(tzinfo=None).isoformat()}Z"


def _name(value: Value) -> str:
    match value:
        case None:
            return "—"
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TITLE_CHARS else f"{line[: _TITLE_CHARS - 1]}…"
