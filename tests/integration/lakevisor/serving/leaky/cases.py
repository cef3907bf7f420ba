"""What goes wrong in `test_canaries`: each case with the request and what the workspace does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

CHAT = "/serving-endpoints/chat/completions"
ME = "/api/2.0/preview/scim/v2/Me"
ALL, KNOWN = "every secret", "every known secret"
"""What stands for them in a body; what somebody says loses the known ones alone."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing that goes wrong."""

    name: str
    status: int = httpx.codes.OK
    """What the client is answered."""
    how: str = ""
    """The plugin's way, asked for as an action; without one, a model is asked."""
    fault: Mapping[str, Any] = field(default_factory=dict)
    """What the workspace does meanwhile; an answer of its own repeats every secret."""
    body: Mapping[str, Any] = field(default_factory=dict)
    token: str = "the person's token"
    """Which secret the request brings as the person's token."""

    def __str__(self) -> str:
        return self.name


WAYS = (
    *("message", "cause", "group", "note", "try_again", "give_up", "ask_person", "answer", "log"),
    *("extra", "warning", "task", "thread", "progress", "span", "own_span", "nowhere"),
    *("refused", "reviewer", "observer"),
)


def repeats(path: str, status: int) -> Mapping[str, Any]:
    """Return the fault of an answer that repeats every secret, until it is taken back."""
    return {"kind": "answer", "path": path, "status": status, "times": None}


LATER = {"background": True}
CASES = (
    # The proxy's name counts; the token only does not add to it.
    Case(name="forged token", token="a token that nobody has", fault=repeats(ME, 401)),
    *(Case(name=f"plugin {how}", how=how) for how in WAYS),
    *(
        Case(name=f"{how} {status}", how=how, fault=repeats(ME, status))
        for how in ("workspace", "as_the_user")
        for status in (401, 403, 404, 500)
    ),
    Case(name="workspace 429", how="workspace", fault=repeats(ME, 429)),
    *(
        Case(name=f"workspace {kind}", how="workspace", fault={"kind": kind, "path": ME})
        for kind in ("cut", "drop_before")
    ),
    *(
        Case(name=f"model {status}", status=502, fault=repeats(CHAT, status))
        for status in (200, 400, 401, 403, 404, 500)
    ),
    Case(name="stream of a model", fault=repeats(CHAT, 400), body={"stream": True}),
    Case(name="stream of a plugin", how="answer", body={"stream": True}),
    Case(name="background plugin", how="message", body=LATER),
    Case(name="background model", fault=repeats(CHAT, 400), body=LATER),
    Case(name="said", body={"input": KNOWN}),
    Case(name="background said", body={"input": KNOWN, **LATER}),
    Case(name="unknown input", status=400, body={"custom_inputs": {ALL: 1}}),
    Case(name="no request", status=400, body={"input": [ALL]}),
    Case(name="unknown action", status=400, body={"custom_inputs": {"action": {"name": ALL}}}),
    Case(name="too long", status=413, body={"input": ALL, "more": "x" * 5_000_000}),
)
