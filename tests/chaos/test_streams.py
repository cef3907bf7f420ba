"""The short form: each N-th byte; the long form cuts at all of them."""

from __future__ import annotations

import warnings

import pytest

from chaos.streams import believing_cut_streams, cuts, read
from lakevisor.supervisor import preload

EVERY = 199


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    # databricks_langchain imports unitycatalog, which still writes pydantic 1 classes.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        preload()


async def test_a_stream_that_is_cut_starts_only_what_it_says_whole() -> None:
    found = await read(list(cuts(every=EVERY)))

    assert [each for each in found if not each.is_good] == []


async def test_the_harness_sees_what_a_believing_build_would_start() -> None:
    with believing_cut_streams():
        found = await read(list(cuts(every=EVERY)))

    assert any("it would run" in wrong for each in found for wrong in each.wrong)
