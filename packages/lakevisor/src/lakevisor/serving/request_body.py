"""The body of a Responses API request, read as a request to the supervisor.

The body never says who calls: `user`, `context.user_id` and whatever else a client puts there are
not looked at (see `docs/architecture.md`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lakevisor.errors import InvalidRequest
from lakevisor.errors.root import did_you_mean
from lakevisor.serving.response_id import ResponseId
from lakevisor.supervisor import Action, Request, Said, new_id

CUSTOM_INPUTS = ("thread_id", "request_id", "approve", "action")
"""What `custom_inputs` may hold."""
MODEL = "lakevisor"
"""What an answer says it comes from, where the client names nothing."""
APPROVED = "yes"
DECLINED = "no"
"""What a person says who answers a proposal with a button."""
_MAX_BITS = 63


@dataclass(frozen=True, kw_only=True)
class RequestBody:
    """The parts of a body that are looked at, each of the type that it must have."""

    items: Sequence[Mapping[str, Any]]
    """The input, oldest first: messages, and items that an earlier answer had."""
    custom_inputs: Mapping[str, Any]
    conversation_id: str | None
    """The conversation as clients name it that know no `custom_inputs`."""
    previous_thread_id: str | None
    """The thread of the response that the request follows, where its client says so."""
    model: str
    """What the client calls, for the answer to name."""
    stream: bool
    background: bool

    @classmethod
    def read(cls, body: object) -> RequestBody:
        """Read the JSON value of a body.

        Raises:
            InvalidRequest: with what is wrong and what to send instead.
        """
        given = _object(body, "the body")
        custom_inputs = _object(given.get("custom_inputs") or {}, "custom_inputs")
        for name in custom_inputs:
            if name not in CUSTOM_INPUTS:
                raise InvalidRequest(_unknown(name), remedy=f"Known: {', '.join(CUSTOM_INPUTS)}.")
        return cls(
            items=_items(
                given.get("input"),
                may_be_empty=not custom_inputs.keys().isdisjoint(("action", "approve")),
            ),
            custom_inputs=custom_inputs,
            conversation_id=_conversation_id(given),
            previous_thread_id=_previous_thread_id(given),
            model=_text(given, "model") or MODEL,
            stream=_flag(given, "stream"),
            background=_flag(given, "background"),
        )

    def request(self, *, idempotency_key: str | None = None) -> Request:
        """Return the request that the body makes: its last message, and who is asked where.

        Args:
            idempotency_key: the header of that name; `custom_inputs.request_id` goes before it.

        Raises:
            InvalidRequest: nobody says anything in it.
        """
        said = self._said()
        answered = self._answered_proposal()
        approve = _text(self.custom_inputs, "approve")
        action = self.action
        if action is not None and (approve is not None or answered is not None):
            raise InvalidRequest("A request either approves something or has an action, not both.")
        if answered is not None:
            proposal_id, is_approved = answered
            approve = proposal_id if is_approved else None
            text, history = (APPROVED if is_approved else DECLINED), _until_an_answer(said)
        elif said and said[-1].role == "user":
            text, history = said[-1].text, tuple(said[:-1])
        elif approve is not None:
            text, history = APPROVED, tuple(said)
        elif action is not None:
            text, history = str(action), tuple(said)
        else:
            raise InvalidRequest(
                "The input does not end with a message of the user.",
                remedy='Send input as text, or as [{"role": "user", "content": "..."}].',
            )
        return Request(
            text=text,
            thread_id=self.thread_id,
            turn_id=_text(self.custom_inputs, "request_id") or idempotency_key or new_id(),
            approve=approve,
            action=action,
            history=history,
        )

    @property
    def thread_id(self) -> str | None:
        """Return the thread that the body names, in one of the ways that clients have."""
        return (
            _text(self.custom_inputs, "thread_id")
            or self.conversation_id
            or self.previous_thread_id
        )

    def repeatable_id(self) -> str | None:
        """Return an id that the same body has when it is sent again, where it names its chat.

        Only for clients that send the whole chat each time: to them two requests are never the
        same, for the second one has the answer to the first before it.
        """
        if self.conversation_id is None:
            return None
        said = [[each.role, each.text] for each in self._said()]
        asked = json.dumps(
            [self.conversation_id, said, self._answered_proposal(), str(self.action)]
        )
        return hashlib.sha256(asked.encode()).hexdigest()

    @property
    def action(self) -> Action | None:
        """Return the tool that the client calls itself: its name, or that and the arguments."""
        given = self.custom_inputs.get("action")
        if given is None or isinstance(given, str):
            name = _text(self.custom_inputs, "action")
            return None if name is None else Action(name=name)
        named = _object(given, "custom_inputs.action")
        name = _text(named, "name")
        if name is None or not named.keys() <= {"name", "arguments"}:
            raise InvalidRequest(
                "An action has a name, and may have arguments.",
                remedy='Send {"name": "...", "arguments": {...}}.',
            )
        arguments = _object(named.get("arguments") or {}, "the arguments of an action")
        _check_arguments(arguments)
        return Action(name=name, arguments=arguments)

    def _answered_proposal(self) -> tuple[str, bool] | None:
        """Return which proposal the last item answers, and whether it is wanted."""
        last = self.items[-1] if self.items else {}
        if last.get("type") != "mcp_approval_response":
            return None
        proposal_id = _text(last, "approval_request_id")
        if proposal_id is None:
            raise InvalidRequest("An mcp_approval_response has no approval_request_id.")
        return proposal_id, _flag(last, "approve")

    def _said(self) -> list[Said]:
        """Return what was said, without the tool calls between; they are the thread's own."""
        return [each for item in self.items for each in _said(item)]


def _until_an_answer(said: Sequence[Said]) -> Sequence[Said]:
    """Return what was said up to the last answer: a button says nothing itself."""
    answers = [at for at, each in enumerate(said) if each.role == "assistant"]
    return tuple(said[: answers[-1] + 1]) if answers else ()


def _said(item: Mapping[str, Any]) -> Iterator[Said]:
    role = item.get("role")
    if item.get("type", "message") != "message" or role not in ("user", "assistant"):
        return
    text = _storable(_content(item.get("content")))
    if text.strip() or role == "user":
        yield Said(role=role, text=text)


def _content(content: object) -> str:
    """Return the text of a message: a text, or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise InvalidRequest("The content of a message is neither a text nor a list of parts.")
    texts = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("input_text", "output_text", "text") and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind != "refusal":
            raise InvalidRequest(
                f"A message has a part of type {kind!r}; only text is understood.",
                remedy='Send parts of type "input_text".',
            )
    return "\n".join(texts)


def _items(given: object, *, may_be_empty: bool) -> Sequence[Mapping[str, Any]]:
    if isinstance(given, str):
        return ({"role": "user", "content": given},)
    if not given and may_be_empty:
        return ()
    if not isinstance(given, list) or not given:
        raise InvalidRequest(
            "There is no input.",
            remedy='Send input as text, or as [{"role": "user", "content": "..."}].',
        )
    return [_object(each, "an item of input") for each in given]


def _conversation_id(given: Mapping[str, Any]) -> str | None:
    """Return OpenAI's `conversation`, or MLflow's `context.conversation_id`."""
    conversation = given.get("conversation")
    if isinstance(conversation, str):
        return _text(given, "conversation")
    if conversation is not None:
        return _text(_object(conversation, "conversation"), "id")
    return _text(_object(given.get("context") or {}, "context"), "conversation_id")


def _previous_thread_id(given: Mapping[str, Any]) -> str | None:
    """Return the thread of OpenAI's `previous_response_id`."""
    response_id = _text(given, "previous_response_id")
    if response_id is None:
        return None
    try:
        return ResponseId.read(response_id).thread_id
    except ValueError:
        raise InvalidRequest("There is no response with this previous_response_id.") from None


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidRequest(f"Not a JSON object: {name}.")
    return value


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidRequest(f"Not a text: {name}.")
    return _storable(value)


def _storable(text: str) -> str:
    """Refuse what no database keeps: NUL characters, and halves of surrogate pairs."""
    if "\x00" in text or any("\ud800" <= each <= "\udfff" for each in text):
        raise InvalidRequest("The request has a character that is none: NUL, or half of a pair.")
    return text


def _check_arguments(arguments: Mapping[str, Any]) -> None:
    """Refuse what a thread cannot hold: what is no strict JSON, and numbers beyond 64 bits."""
    try:
        json.dumps(arguments, allow_nan=False)
        for each in _scalars(arguments):
            if isinstance(each, str):
                _storable(each)
            elif isinstance(each, int) and each.bit_length() > _MAX_BITS:
                raise InvalidRequest(f"A number of the action has more than {_MAX_BITS} bits.")
    except (ValueError, RecursionError):
        raise InvalidRequest("The arguments of the action are not strict JSON.") from None


def _scalars(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _scalars(each)
    else:
        yield value


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name)
    if value is not None and not isinstance(value, bool):
        raise InvalidRequest(f"Neither true nor false: {name}.")
    return bool(value)


def _unknown(name: str) -> str:
    nearest = next(iter(get_close_matches(name, CUSTOM_INPUTS, n=1)), None)
    return f"Unknown custom input: {name[:80]!r}.{did_you_mean(nearest)}"
