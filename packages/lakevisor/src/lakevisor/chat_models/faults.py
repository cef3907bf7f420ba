"""The model client's errors in Lakevisor's words: translated once, by type."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from lakevisor.errors import ModelError, ModelStreamBroken


@contextmanager
def translated_model_errors() -> Iterator[None]:
    """Raise a `ModelError` for what the OpenAI client raises inside this block.

    `ChatDatabricks` speaks to the endpoint through that client; its `timeout` is its own error.
    """
    try:
        yield
    # Which exceptions are the client's is known only once it is imported; any other flies on.
    except Exception as error:
        found = _translation(error)
        if found is None:
            raise
        raise found from error


def _translation(error: Exception) -> ModelError | None:
    if "openai" not in sys.modules:
        return None
    import httpx
    import openai

    if isinstance(error, httpx.TransportError):
        return ModelStreamBroken()
    sentences: tuple[tuple[type[openai.OpenAIError], str], ...] = (
        (openai.APITimeoutError, "The language model took too long to answer."),
        (openai.APIConnectionError, "The language model's endpoint does not answer."),
        (openai.AuthenticationError, "The endpoint does not accept the credentials."),
        (openai.PermissionDeniedError, "The endpoint may not be queried with these credentials."),
        (openai.NotFoundError, "There is no such Model Serving endpoint."),
        (openai.RateLimitError, "The language model is asked too often for now. Try again soon."),
        (openai.BadRequestError, "The endpoint did not take the request."),
        (openai.InternalServerError, "The language model's endpoint failed."),
        (openai.OpenAIError, "The language model's answer could not be read."),
    )
    for kind, sentence in sentences:
        if isinstance(error, kind):
            return ModelError(sentence)
    return None
