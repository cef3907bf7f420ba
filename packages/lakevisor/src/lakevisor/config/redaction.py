"""Secrets are taken out of everything that is written down: logs, traces, errors, the database.

Two things make a text a secret: that it is one we were given (a *known* secret: a resolved
reference, a credential of the SDK, a person's token, a variable of the environment that is called
one), or that it looks like one (a *shape*: `dapi...`, a JWT, an Authorization header, a password in
an address). What is somebody's content (an answer, a cell) loses known secrets alone, so that data
is never changed for its looks; what an error, a log or a trace says loses both.

There is one set of secrets a process, as there is one `logging`: a secret is one wherever it turns
up, also in a library's log that knows nothing of the turn it was read in.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from lakevisor.config.secret_names import is_secret_name

REDACTED = "[redacted]"
SHORTEST = 8
"""A shorter text stands in too many other words to be taken out wherever it occurs."""
PASSING_AT_MOST = 256
"""How many secrets of requests are remembered, the latest; a token's looks give the others away."""
_NAMES = (
    "authorization|x-forwarded-access-token|password|passwd|pgpassword|client_secret|secret|"
    "access_token|refresh_token|id_token|token|api[_-]?key"
)
_VARIABLE = re.compile(
    r"(?i)(token|secret|password|passwd|credentials?|(api|access|private)_?key)$"
)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # Databricks' personal tokens and OAuth secrets.
    (re.compile(r"\b(?:dapi|dose|dkea|dsapi)[0-9a-f]{16,}(?:-\d+)?"), REDACTED),
    # JWTs, and JWEs with their five parts.
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*){2,4}"), REDACTED),
    # Passwords in addresses, as in postgresql://user:password@host.
    (re.compile(r"(?<=://)([^\s:/@'\"]*):[^\s/@'\"]+@"), rf"\1:{REDACTED}@"),
    # Authorization headers, and values under names of secrets: `name: value`, `'name': 'value'`,
    # `name=value`, also as bytes.
    (
        re.compile(
            rf"(?i)(?<![\w-])({_NAMES})(\\?[\"']?\s*(?:[:=,]|=>)\s*b?\\?[\"']?)"
            r"((?:bearer|basic|digest)\s+)?(?!\[redacted|(?:bearer|basic|digest)\s|env:|file:)[^\s\"',;&)}\]\\]{8,}"
        ),
        rf"\1\2\3{REDACTED}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)(\s+)(?=\S*[\d._~+/=-])[\w.~+/=-]{12,}"), rf"\1\2{REDACTED}"),
)


class Redactor:
    """Knows secrets, and takes them out of texts and values."""

    def __init__(self) -> None:
        """Know none."""
        self._kept: set[str] = set()
        self._passing: OrderedDict[str, None] = OrderedDict()
        self._forms: tuple[str, ...] = ()

    def learn(self, *secrets: str | None) -> None:
        """Take texts out from now on; too short ones are left alone."""
        self._kept.update(_usable(secrets))
        self._arrange()

    def learn_passing(self, secret: str) -> None:
        """Take a text out that comes with one request, until many others have come."""
        for each in _usable([secret]):
            self._passing[each] = None
            self._passing.move_to_end(each)
        while len(self._passing) > PASSING_AT_MOST:
            self._passing.popitem(last=False)
        self._arrange()

    def learn_environment(self, environment: Mapping[str, str]) -> None:
        """Take the values of those variables out that are called secrets."""
        self.learn(*(value for name, value in environment.items() if _VARIABLE.search(name)))

    def learn_model(self, value: Any) -> None:
        """Take every `SecretStr` out that stands in a settings model."""
        if isinstance(value, SecretStr):
            self.learn(value.get_secret_value())
        elif isinstance(value, BaseModel):
            for name in type(value).model_fields:
                self.learn_model(getattr(value, name))
        elif isinstance(value, Mapping):
            self.learn_model(list(value.values()))
        elif isinstance(value, list | tuple | set | frozenset):
            for each in value:
                self.learn_model(each)

    def content(self, text: str) -> str:
        """Return somebody's content without known secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, REDACTED)
        return text

    def text(self, text: str) -> str:
        """Return what a log, an error or a trace says, without secrets."""
        text = self.content(text)
        for pattern, replacement in _SHAPES:
            text = pattern.sub(replacement, text)
        return text

    def content_value(self, value: Any) -> Any:
        """Return a JSON value of somebody's content without known secrets."""
        return _mapped(value, self.content)

    def value(self, value: Any) -> Any:
        """Return a JSON value without secrets; what stands under the name of one goes whole."""
        if isinstance(value, Mapping):
            return {
                self.text(str(name)): REDACTED
                if isinstance(below, str) and below and is_secret_name(str(name))
                else self.value(below)
                for name, below in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def _arrange(self) -> None:
        forms = {form for each in (*self._kept, *self._passing) for form in _forms(each)}
        # The longest first: one secret can be the beginning of another.
        self._forms = tuple(sorted(forms, key=len, reverse=True))


SECRETS = Redactor()
"""The secrets of this process."""


def _usable(secrets: Iterable[str | None]) -> Iterable[str]:
    stripped = ((each or "").strip() for each in secrets)
    return [each for each in stripped if len(each) >= SHORTEST]


def _forms(secret: str) -> set[str]:
    """Return a secret as it is, in an address, and in JSON or the `repr` of a text."""
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(str(name)): _mapped(below, change) for name, below in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(each, change) for each in value]
    return value
