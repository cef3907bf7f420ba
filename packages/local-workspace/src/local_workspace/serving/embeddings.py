"""Embeddings without a model: texts that share pieces of words are near each other.

Each piece of three letters adds to one of the vector's numbers, chosen by a hash. It knows no
meaning, so "car" and "automobile" are strangers, but "language" is near "languages".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from local_workspace.errors import InvalidParameter
from local_workspace.serving.chat import count_tokens

MODEL = "local-workspace-hashes"
_DIMENSIONS = 1024
_PIECE = 3
_SIGN_BIT = 1 << 31
_WORD = re.compile(r"\w+")


def embeddings(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of an embedding endpoint to a request's body.

    Raises:
        InvalidParameter: `input` is no text and no list of texts.
    """
    texts = [body["input"]] if isinstance(body.get("input"), str) else body.get("input")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts) or not texts:
        raise InvalidParameter(
            "input: a string or a list of strings is required", error_code="BAD_REQUEST"
        )
    tokens = count_tokens(*texts)
    return {
        "object": "list",
        "model": MODEL,
        "data": [
            {"object": "embedding", "index": index, "embedding": _vector(text)}
            for index, text in enumerate(texts)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _vector(text: str) -> list[float]:
    """Return the direction in which a text lies: a vector of length 1, or of zeros for no word."""
    vector = [0.0] * _DIMENSIONS
    for piece in _pieces(text):
        hashed = crc32(piece.encode())
        # The sign lets pieces that meet by chance cancel out instead of adding up.
        vector[hashed % _DIMENSIONS] += -1.0 if hashed & _SIGN_BIT else 1.0
    length = math.hypot(*vector)
    return [number / length for number in vector] if length else vector


def _pieces(text: str) -> Sequence[str]:
    words = [f" {word} " for word in _WORD.findall(text.lower())]
    return [
        word[start : start + _PIECE]
        for word in words
        for start in range(max(1, len(word) - _PIECE + 1))
    ]
