"""Embeddings made of hashes: near for texts with the same pieces of words."""

from __future__ import annotations

import math
from typing import Any

import pytest

from local_workspace.errors import InvalidParameter
from local_workspace.serving.embeddings import embeddings


def vectors(*texts: str) -> list[list[float]]:
    return [one["embedding"] for one in embeddings({"input": list(texts)})["data"]]


def nearness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_a_text_is_nearer_to_one_that_shares_its_words() -> None:
    asked, near, far = vectors("programming languages", "a programming language", "hot coffee")
    assert nearness(asked, near) > 0.5 > nearness(asked, far)


def test_vectors_have_1024_numbers_and_the_length_1() -> None:
    [vector] = vectors("Is this a vector?")
    assert (len(vector), math.hypot(*vector)) == (1024, pytest.approx(1))


def test_a_text_without_words_has_no_direction() -> None:
    assert not any(vectors("?!")[0])


def test_one_text_may_come_without_a_list() -> None:
    assert embeddings({"input": "one"})["data"] == embeddings({"input": ["one"]})["data"]


@pytest.mark.parametrize("body", [{}, {"input": []}, {"input": [1]}, {"input": None}])
def test_an_input_that_is_no_text_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter, match="a string or a list of strings"):
        embeddings(body)
