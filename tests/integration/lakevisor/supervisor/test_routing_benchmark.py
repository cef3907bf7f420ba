"""The benchmark of the routing, with the model calls that it measures."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "routing.py"
NAMES = ["small talk", "Genie question", "launch", "status", "cancel", "Genie, then launch"]


@pytest.fixture(scope="module")
def benchmark() -> dict[str, Any]:
    """Give the names of the benchmark's module."""
    return runpy.run_path(str(BENCHMARK))


@pytest.mark.parametrize(
    ("shortcuts", "most"), [(True, [1, 1, 1, 1, 1, 2]), (False, [1, 2, 2, 2, 2, 3])]
)
async def test_our_graph_keeps_to_the_table(
    shortcuts: bool, most: list[int], benchmark: Any
) -> None:
    figures = await benchmark["measure"](
        lambda model: benchmark["ours"](model, shortcuts=shortcuts)
    )

    assert list(figures) == NAMES
    assert all(0 < each.calls <= limit for each, limit in zip(figures.values(), most, strict=True))


async def test_our_graph_asks_less_than_the_stock_one(benchmark: Any) -> None:
    stock = await benchmark["measure"](benchmark["stock"])
    ours = await benchmark["measure"](lambda model: benchmark["ours"](model, shortcuts=True))

    tokens = [sum(each.prompt_tokens for each in figures.values()) for figures in (ours, stock)]
    assert tokens[0] < tokens[1] / 2
    assert all(ours[name].calls < stock[name].calls for name in NAMES[1:])
