"""Fills the parameters of a tool from the words of a request and the tool's JSON schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from local_workspace.serving.chat import Tool
from local_workspace.serving.identifiers import identifier_in
from local_workspace.serving.judgement import comment, judgement
from local_workspace.serving.language import Clause, Intent, words
from local_workspace.serving.named_values import named_values

Schema = Mapping[str, Any]
_MISSING = object()
_TEXT = re.compile(r"request|question|query|task|instruction|message|prompt", re.IGNORECASE)
_ID = re.compile(r"(?:^|_)(?:id|number)$", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:\b(?:run|job|id|number|operation)\b[\s:#]*|#)(\d+)", re.IGNORECASE)
_NUMBER = re.compile(r"\b\d+\b")
_NAME = re.compile(r"(?:^|_)name$", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“`']([^\"”`']+)[\"”`'](?!\w)")
_VERB = re.compile(r"^\w+\s+(?:(?:the|my|our|a|an)\s+)?", re.IGNORECASE)
_AFTERTHOUGHT = re.compile(r"(?:[\s,]+(?:please|now|again|for me))*[\s.!?]*$", re.IGNORECASE)
_SOME = re.compile(r"same|other|first|second|next|new|long|last|whole|right|only", re.IGNORECASE)
"""Words before a thing that are no name of it."""
_ASKED = re.compile(r"\"([^\"\n]+)\"[^`\n]*\bQuestion `([^`\n]+)`")
"""A question that was handed back, with its id."""
_REMARK = re.compile(r"comment|remark|reason|note", re.IGNORECASE)
_COMES_BACK = re.compile(r"back|return|further|more.step|several|remain|continue", re.IGNORECASE)


class CannotFill(Exception):
    """A required parameter is not in what was said."""

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the arguments are taken from."""

    steps: Sequence[Clause]
    """The clause that the tool shall serve, and those that come after it."""
    before: str
    """What was said earlier in the conversation, for an id that is not repeated."""

    @property
    def clause(self) -> Clause:
        """The clause that the tool shall serve."""
        return self.steps[0]


def filled(tool: Tool, said: Said) -> dict[str, Any]:
    """Return the arguments of a call.

    Raises:
        CannotFill: a required parameter is not in what was said.
    """
    kinds = words(tool.name.replace("_", " "))
    return _Filling(said, root=tool.parameters, kinds=kinds).of_object(tool.parameters)


def list_parameter(tool: Tool) -> str | None:
    """Return the name of the parameter that takes an ordered list of steps, if there is one."""
    for name in tool.parameters.get("required", ()):
        schema = _resolved(tool.parameters.get("properties", {}).get(name, {}), tool.parameters)
        if schema.get("type") == "array":
            return str(name)
    return None


class _Filling:
    """Values for the schemas of one tool, from what was said."""

    def __init__(self, said: Said, *, root: Schema, kinds: Set[str]) -> None:
        self._said = said
        self._root = root
        self._kinds = kinds

    def of_object(self, schema: Schema) -> dict[str, Any]:
        required = schema.get("required", ())
        arguments = {}
        for name, declared in schema.get("properties", {}).items():
            resolved = _resolved(declared, self._root)
            value = self._value(name, resolved, required=name in required)
            if value is not _MISSING:
                arguments[name] = value
            elif name in required:
                raise CannotFill(name)
        return arguments

    def _value(self, name: str, schema: Schema, *, required: bool) -> Any:
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(name, schema, required=required)
        match schema.get("type"):
            case "string":
                return self._string(name, required=required)
            case "integer" | "number" if _ID.search(name):
                return self._identifier(required=required)
            case "integer" | "number":
                return self._number(required=required, named=name)
            case "boolean":
                return self._boolean(name, schema, required=required)
            case "array" if required:
                return self._items(name, _resolved(schema.get("items", {}), self._root))
            case "object" if required:
                return self.of_object(schema)
            case "object" if "properties" not in schema:
                return self._named() or _MISSING
        return _MISSING

    def _boolean(self, name: str, schema: Schema, *, required: bool) -> Any:
        clause = self._said.clause
        if required and clause.intent is Intent.RATE:
            return bool(judgement(clause.bare) or judgement(clause.text))
        about = f"{name} {schema.get('description', '')}"
        comes_back = bool(_COMES_BACK.search(about)) and len(self._said.steps) > 1
        is_named = not required and words(name) <= words(clause.text)
        return comes_back or is_named or (False if required else _MISSING)

    def _named(self) -> dict[str, str]:
        """Return the values that the clause gives by name, where any name is allowed."""
        declared = self._root.get("properties", {}).values()
        descriptions = [str(each.get("description", "")) for each in declared]
        return named_values(self._said.clause.text, descriptions)

    def _string(self, name: str, *, required: bool) -> Any:
        if _ID.search(name):
            found = self._identifier(required=required)
            return found if found is _MISSING else str(found)
        if required and _NAME.search(name):
            return self._name()
        if not required and self._said.clause.intent is Intent.RATE and _REMARK.search(name):
            return comment(self._said.clause.bare) or _MISSING
        wanted = required or _TEXT.search(name)
        return self._said.clause.question if wanted else _MISSING

    def _items(self, name: str, schema: Schema) -> list[Any]:
        """Return one element for each of the steps."""
        items = []
        for at in range(len(self._said.steps)):
            step = Said(steps=self._said.steps[at:], before=self._said.before)
            filling = _Filling(step, root=self._root, kinds=self._kinds)
            items.append(filling._value(name, schema, required=True))
        return items

    def _choice(self, name: str, schema: Schema, *, required: bool) -> Any:
        """Return the allowed value whose words, or whose line in the description, fit best.

        "The churn job" for a parameter `job` is given as it was said if nothing fits: the tool
        says then what there is.
        """
        clause = self._said.clause
        wanted = words(clause.text) - words(name)
        description = str(schema.get("description", ""))

        def fit(value: Any) -> int:
            line = next((at for at in re.split(r"[\n;]", description) if str(value) in at), "")
            # The kind of a wish alone names nothing that could be left open.
            intended = clause.intent.value if clause.intent and required else ()
            stems = [stem for stem in intended if stem in line.lower()]
            return 3 * len(wanted & words(str(value))) + len(wanted & words(line)) + len(stems)

        def first_word(value: Any) -> int:
            # "How many suppliers by region": among equals it is the suppliers that are wanted.
            line = next((at for at in re.split(r"[\n;]", description) if str(value) in at), "")
            named = words(f"{value} {line}")
            said = [words(each) & named for each in clause.text.split()]
            return next((at for at, each in enumerate(said) if each), len(said))

        if not required and clause.is_follow_up:
            # It goes on from the last answer, unless it names where to.
            named = [each for each in schema["enum"] if words(str(each)) <= wanted]
            return named[0] if named else _MISSING
        best = max(schema["enum"], key=lambda value: (fit(value), -first_word(value)))
        if required or fit(best):
            return best
        called = re.search(rf"\bthe\s+([\w-]+)\s+{re.escape(name)}\b", clause.text, re.IGNORECASE)
        return called[1] if called and not _SOME.fullmatch(called[1]) else _MISSING

    def _identifier(self, *, required: bool) -> Any:
        """Return the id as it was given, also where it is no number: the tool says so then."""
        given = self._of_question() or identifier_in(self._said.clause.text)
        if given is None:
            return self._number(required=required)
        return int(given) if given.isdecimal() else given

    def _of_question(self) -> str | None:
        """Return the id of the question that is given up by its words, the latest of them."""
        wanted = words(self._said.clause.withdrawn)
        asked = _ASKED.findall(self._said.before)
        return next(
            (each for title, each in reversed(asked) if wanted and wanted <= words(title)), None
        )

    def _name(self) -> str:
        """Return what is quoted, else the clause without its verb and the kind of thing."""
        clause = self._said.clause
        if quoted := _QUOTED.search(clause.text):
            return quoted[1]
        named = _AFTERTHOUGHT.sub("", _VERB.sub("", clause.bare))
        kind, _, rest = named.partition(" ")
        return rest if rest and words(kind) & self._kinds else named or clause.question

    def _number(self, *, required: bool, named: str | None = None) -> Any:
        """Return the number that the clause names; for a required one also an earlier one."""
        text = self._said.clause.text
        if named is not None and not required and not words(named) & words(text):
            return _MISSING
        if found := _NUMBERED.findall(text) or _NUMBER.findall(text):
            return int(found[0])
        earlier = _NUMBERED.findall(self._said.before) if required else []
        return int(earlier[-1]) if earlier else _MISSING


def _resolved(schema: Schema, root: Schema) -> Schema:
    """Return a schema with its reference followed and its null alternative left out."""
    if "$ref" in schema:
        target: Any = root
        for key in schema["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        return _resolved({**target, **{k: v for k, v in schema.items() if k != "$ref"}}, root)
    options = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if options:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return _resolved({**options[0], **rest}, root)
    return schema
