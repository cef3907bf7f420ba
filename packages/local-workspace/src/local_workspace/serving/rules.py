"""A model made of rules: no language model, but enough to drive an agent on this machine.

It knows no product. It reads the last message of the user and the tools that are offered, and:

1. splits the message into steps at "then", "and", "after that", ";" and the ends of sentences, and
   takes from its verbs what each step wants: to start, to follow, to cancel, to repair or to list
   runs, to ask something (a chart too), to fetch an answer that was late or to give it up, to hear
   where one comes from, or to praise or blame it;
2. picks for a step the tool whose name, then description, has the stems of that wish and the
   words of that step. What a description excludes ("not for ...") does not count. A tool whose
   name has a thing that the step names ("warehouse") goes first, and one that does the work
   before one that hands it over (`transfer_to_...`). A request of several steps goes to the tool
   that takes a list of steps, where one is offered;
3. fills the tool's parameters from the step's words, by its JSON schema; optional ones that
   were not mentioned are left out. Where any names are allowed, it takes those that stand in the
   descriptions and have a value ("with region ASIA", "region=ASIA");
4. calls one tool at a time; only hand-overs of several steps go into one message. After a result
   it goes on to the next step that an offered tool can serve, and at the end retells the last
   result;
5. with no fitting tool, says what it is and what the offered tools are for;
6. asked for nothing but the SQL, calls the tool that explains an answer, or repeats what an
   earlier answer has of it.

The same request gets the same answer: there is no chance in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from local_workspace.serving.arguments import CannotFill, Said, filled, list_parameter
from local_workspace.serving.catalogue import catalogue
from local_workspace.serving.chat import ChatRequest, Message, Reply, Tool, ToolCall, text_of
from local_workspace.serving.earlier_sql import asks_for_sql, latest_sql
from local_workspace.serving.language import Clause, Intent, clauses_of, is_small_talk, words

_WHO = (
    "I am the rule-based model of the local workspace: a few rules over words, no language model. "
    "Set LOCAL_WORKSPACE_MODEL_URL to have a real one here."
)
_HAND_OFF = "transfer_to_"
_VERBS = words(
    "add compare count create databricks delete describe fetch find get give look make read remove "
    "resume search send set show tell transfer update write"
)
"""Words in tools' names that name no thing."""
_EXCLUDED = re.compile(r"\b(?:not|never|don't|except|unless|instead)\b[^.;\n]*", re.IGNORECASE)
_LONGEST_RETELLING = 1_500
_NEAREST = {Intent.LIST: Intent.STATUS, Intent.FETCH: Intent.ASK, Intent.EXPLAIN: Intent.ASK}
"""What comes near a wish that no offered tool serves."""
_OF_ANSWERS = (Intent.FETCH, Intent.EXPLAIN, Intent.RATE, Intent.WITHDRAW)
"""Wishes about an answer, or the question behind it."""
_SHARED = (Intent.LIST, *_OF_ANSWERS)
"""Wishes whose stems are in the names of tools for many things, and tell no wish from another."""


class RuleModel:
    """Answers a chat request by the rules above."""

    def reply(self, request: ChatRequest) -> Reply:
        """Return the next call, or the words with which the turn ends."""
        asked, turn = _last_turn(request.messages)
        steps = clauses_of(asked)
        if request.must_call:
            steps = steps or [Clause(text=asked, intent=None)]
            return _forced(request, steps=steps)
        if asks_for_sql(asked):
            steps = [Clause(text=asked, intent=Intent.EXPLAIN)]
            if not _fitting(steps[0], request.tools) and (sql := _earlier_sql(request)):
                return Reply(content=sql)
        remaining = _remaining(steps, tools=request.tools, turn=turn)
        if remaining:
            before = _before(request.messages)
            planner = _several(remaining, request.tools)
            best = [tool for step in remaining if (tool := _best(step, request.tools))]
            if planner is None and len(best) > 1 and all(map(_hands_over, best)):
                return _hand_overs(best, remaining, before)
            return _call(planner or best[0], Said(steps=remaining, before=before))
        return Reply(content=_retold(turn) or _small_talk(asked, request.tools))


def _last_turn(messages: Sequence[Message]) -> tuple[str, Sequence[Message]]:
    """Return the last message of the user and all that has come after it."""
    for position in range(len(messages) - 1, -1, -1):
        if messages[position]["role"] == "user":
            return text_of(messages[position]), messages[position + 1 :]
    return "", messages


def _before(messages: Sequence[Message]) -> str:
    return "\n".join(text_of(message) for message in messages if message["role"] != "system")


def _earlier_sql(request: ChatRequest) -> str:
    messages = request.messages
    return latest_sql(text_of(each) for each in messages if each["role"] == "assistant")


def _remaining(
    steps: Sequence[Clause], *, tools: Sequence[Tool], turn: Sequence[Message]
) -> list[Clause]:
    """Return the steps that an offered tool can serve and that no call of this turn has served."""
    called = [c["function"]["name"] for message in turn for c in message.get("tool_calls") or ()]
    if any(list_parameter(tool) and tool.name in called for tool in tools):
        return []
    remaining = []
    for step in steps:
        tool = _best(step, tools)
        if tool is None:
            continue
        if tool.name in called:
            called.remove(tool.name)
        else:
            remaining.append(step)
    return remaining


def _several(steps: Sequence[Clause], tools: Sequence[Tool]) -> Tool | None:
    """Return the tool that takes a list of steps, if there are several steps or no other tool."""
    planners = [tool for tool in tools if list_parameter(tool)]
    return planners[0] if planners and (len(steps) > 1 or len(planners) == len(tools)) else None


def _best(step: Clause, tools: Sequence[Tool]) -> Tool | None:
    """Return the tool that fits a step best; among equals the one that is offered first."""
    fits = _fitting(step, tools)
    if not fits and step.intent in _NEAREST:
        # Who has no list of runs may still say how they are doing.
        return _best(replace(step, intent=_NEAREST[step.intent]), tools)
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def _fitting(
    step: Clause, tools: Sequence[Tool]
) -> Sequence[tuple[tuple[bool, bool, float], Tool]]:
    return [(fit, tool) for tool in tools if (fit := _fit(step, tool)) is not None]


def _fit(step: Clause, tool: Tool) -> tuple[bool, bool, float] | None:
    """Return how well a tool fits a step, or None where it does something else."""
    if step.intent is None:
        return None
    # "databricks" is in every other name and says nothing about data.
    name = tool.name.lower().replace("databricks", "").replace("_", " ")
    meant = _EXCLUDED.sub("", tool.description).lower()
    hands_over = tool.name.startswith(_HAND_OFF)
    stems = step.intent.value
    if hands_over and step.intent is not Intent.ASK:
        # Who starts something also follows and ends it, even where only one of them is named; and
        # who answers also brings and explains the answer.
        is_of_answers = step.intent in _OF_ANSWERS
        stems = (*stems, *(Intent.ASK if is_of_answers else Intent.START).value)
    in_name, in_description = _count(stems, name), _count(stems, meant)
    others = [each for each in Intent if each not in (step.intent, *_SHARED)]
    does_other = any(_count(other.value, name) for other in others)
    said = words(step.text)
    is_named = bool(_things(tool) & said)
    is_about = in_description or (is_named and step.intent is Intent.ASK)
    if not in_name and (not is_about or (does_other and not hands_over)):
        return None
    shared = len(said & words(f"{name} {meant}"))
    fit = 4 * in_name + in_description + 0.5 * shared - does_other
    return is_named, not hands_over, fit


def _things(tool: Tool) -> set[str]:
    """Return what a tool is for, by its name: the words that are no verb and tell no wish."""
    if list_parameter(tool):
        return set()
    stems = [stem for intent in Intent for stem in intent.value]
    named = words(tool.name.lower().replace("_", " ")) - _VERBS
    return {word for word in named if not _count(stems, word)}


def _count(stems: Sequence[str], text: str) -> int:
    return sum(bool(re.search(rf"\b{stem}", text)) for stem in stems)


def _forced(request: ChatRequest, *, steps: Sequence[Clause]) -> Reply:
    """Call the tool that must be called, or the best where any may be."""
    offered = [tool for tool in request.tools if request.forced in (None, tool.name)]
    if not offered:
        return Reply(content=_small_talk(steps[0].text, request.tools))
    tool = _several(steps, offered) or _best(steps[0], offered) or offered[0]
    return _call(tool, Said(steps=steps, before=_before(request.messages)))


def _hands_over(tool: Tool) -> bool:
    return tool.name.startswith(_HAND_OFF)


def _hand_overs(tools: Sequence[Tool], steps: Sequence[Clause], before: str) -> Reply:
    """Hand every step over in one message, in order."""
    calls: list[ToolCall] = []
    for tool, step in zip(tools, steps, strict=True):
        calls += _call(tool, Said(steps=[step], before=before)).tool_calls
    return Reply(tool_calls=calls)


def _call(tool: Tool, said: Said) -> Reply:
    try:
        arguments = filled(tool, said)
    except CannotFill as missing:
        return Reply(content=f"Which {missing.parameter} do you mean? Please name it.")
    return Reply(tool_calls=[ToolCall(name=tool.name, arguments=json.dumps(arguments))])


def _retold(turn: Sequence[Message]) -> str:
    """Return what this turn has brought so far: the last answer or tool result in it."""
    handed_over = {
        call["id"]
        for message in turn
        for call in message.get("tool_calls") or ()
        if call["function"]["name"].startswith(_HAND_OFF)
    }
    for message in reversed(turn):
        if message.get("tool_calls") or message.get("tool_call_id") in handed_over:
            continue
        if text := text_of(message).strip():
            return text if len(text) <= _LONGEST_RETELLING else text[:_LONGEST_RETELLING] + " …"
    return "I have passed that on." if handed_over else ""


def _small_talk(asked: str, tools: Sequence[Tool]) -> str:
    if is_small_talk(asked) and re.search(r"\bthank", asked, re.IGNORECASE):
        return "You are welcome."
    offers = catalogue(tools)
    if re.search(r"\b(?:who|what) are you\b", asked, re.IGNORECASE):
        return f"{_WHO}\n{offers}".strip()
    if re.search(r"\b(?:hi|hello|hey|good \w+)\b", asked, re.IGNORECASE):
        return f"Hello. {offers}".strip()
    if is_small_talk(asked):
        return offers or _WHO
    return f"I found nothing to do in that. {_WHO}\n{offers}".strip()
