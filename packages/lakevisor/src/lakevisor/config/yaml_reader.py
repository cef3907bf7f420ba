"""YAML in which each value keeps its line, and a duplicate key is an error.

PyYAML's own loading forgets lines and lets the last of two equal keys win, so its node graph is
read here instead; scalars are still made by its ``SafeLoader``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from lakevisor.config.origins import Node, Origin
from lakevisor.errors import ConfigurationError, DuplicateKey, InvalidValue


class UnreadableYaml(Exception):
    """The text is no YAML at all; what is wrong with it was added to the problems."""


class YamlReader:
    """Reads YAML texts and collects what is wrong with them."""

    def __init__(self, problems: list[ConfigurationError]) -> None:
        self._problems = problems

    def read_file(self, path: Path, *, source: str) -> Node:
        """Return a file's mapping; an empty file is an empty mapping.

        Raises:
            UnreadableYaml: nothing can be made of the file.
        """
        try:
            node = self.read_text(
                path.read_text(encoding="utf-8-sig"),
                origin_at=lambda line: Origin(source=source, line=line),
            )
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise self._unreadable(Origin(source=source), f"cannot be read: {why}") from error
        except yaml.YAMLError as error:
            raise self._unreadable(*_explained(error, source)) from error
        if node is None or node.value is None:
            return Node(value={}, origin=Origin(source=source))
        if not isinstance(node.value, dict):
            raise self._unreadable(node.origin, "must be a mapping of keys to values")
        return node

    def read_text(self, text: str, *, origin_at: Callable[[int], Origin]) -> Node | None:
        """Return what a YAML text holds, or None where it is empty.

        Raises:
            yaml.YAMLError: the text is not YAML.
        """
        loader = yaml.SafeLoader(text)
        try:
            graph = loader.get_single_node()
            if graph is None:
                return None
            return _Graph(loader, origin_at, self._problems).node(graph)
        finally:
            loader.dispose()

    def _unreadable(self, origin: Origin, reason: str) -> UnreadableYaml:
        self._problems.append(InvalidValue("", where=str(origin), reason=reason))
        return UnreadableYaml(str(origin))


class _Graph:
    """Turns PyYAML's nodes into ours."""

    def __init__(
        self,
        loader: yaml.SafeLoader,
        origin_at: Callable[[int], Origin],
        problems: list[ConfigurationError],
    ) -> None:
        self._loader = loader
        self._origin_at = origin_at
        self._problems = problems

    def node(self, graph: yaml.Node, *, origin: Origin | None = None) -> Node:
        """Return a node with its origin, which for a mapping's values is the line of the key."""
        origin = origin or self._origin(graph)
        if isinstance(graph, yaml.MappingNode):
            return Node(value=self._mapping(graph), origin=origin)
        if isinstance(graph, yaml.SequenceNode):
            return Node(value=[self.node(item) for item in graph.value], origin=origin)
        return Node(value=self._scalar(graph, origin), origin=origin)

    def _mapping(self, graph: yaml.MappingNode) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        for key_graph, value_graph in graph.value:
            origin = self._origin(key_graph)
            if not isinstance(key_graph, yaml.ScalarNode) or key_graph.value == "<<":
                reason = "a key must be plain text; layers are merged without '<<'"
                self._problems.append(InvalidValue("", where=str(origin), reason=reason))
                continue
            key = str(key_graph.value)
            if key in nodes:
                first = str(nodes[key].origin)
                self._problems.append(DuplicateKey(key, where=str(origin), first=first))
            nodes[key] = self.node(value_graph, origin=origin)
        return nodes

    def _scalar(self, graph: yaml.Node, origin: Origin) -> Any:
        try:
            return self._loader.construct_object(graph)
        # A date such as 2024-13-45 has the look of one and is a plain ValueError to PyYAML.
        except (yaml.YAMLError, ValueError):
            reason = "the value cannot be read as YAML; put it in quotes if it is text"
            self._problems.append(InvalidValue("", where=str(origin), reason=reason))
            return graph.value

    def _origin(self, graph: yaml.Node) -> Origin:
        return self._origin_at(graph.start_mark.line + 1)


def _explained(error: yaml.YAMLError, source: str) -> tuple[Origin, str]:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "a character that YAML does not allow"
    line = None if mark is None else mark.line + 1
    return Origin(source=source, line=line), f"is not valid YAML: {problem}"
