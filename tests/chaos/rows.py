"""All rows of the table, in its order."""

from __future__ import annotations

from collections.abc import Sequence

from chaos import (
    companies,
    genie_questions,
    genie_takeover,
    launches,
    limits,
    outages,
    starting,
    streams,
    traffic,
)
from chaos.injections import rows as injections
from chaos.row import Row

ROWS: Sequence[Row] = (
    *launches.ROWS,
    *traffic.ROWS,
    *starting.ROWS,
    *streams.ROWS,
    *companies.ROWS,
    *limits.ROWS,
    *genie_questions.ROWS,
    *genie_takeover.ROWS,
    *outages.ROWS,
    *injections.ROWS,
)
