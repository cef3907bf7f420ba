"""Values that know where they were written, and how one layer of them is laid over another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a value was written."""

    source: str
    """A file, ``environment variable NAME``, ``--set KEY`` or ``default``."""
    line: int | None = None
    """The line in the file, from 1; None where there is no file."""

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


DEFAULT = Origin(source="default")


@dataclass(frozen=True, kw_only=True)
class Node:
    """A value with its origin; mappings and lists hold nodes in turn."""

    value: Any
    """A scalar, a ``dict[str, Node]`` or a ``list[Node]``; None takes back what lies below."""
    origin: Origin
    """Where the last layer that speaks of this value does so."""
    text: str | None = None
    """What was typed, where it was read as something else but may have been meant as text."""

    def plain(self) -> Any:
        """Return the value without origins; keys that were taken back are left out."""
        if isinstance(self.value, dict):
            return {key: n.plain() for key, n in self.value.items() if n.value is not None}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, part: str | int) -> "Node | None":
        """Return what stands under a key or at an index, or None where nothing does."""
        below: Node | None = None
        if isinstance(self.value, dict):
            below = self.value.get(str(part))
        elif isinstance(self.value, list) and isinstance(part, int) and part < len(self.value):
            below = self.value[part]
        return below

    def descend(self, path: Iterable[str | int]) -> tuple["Node", tuple[str | int, ...]]:
        """Follow a path as far as it goes; return the last node and the part that was followed."""
        node: Node = self
        followed: tuple[str | int, ...] = ()
        for part in path:
            below = node.child(part)
            if below is None:
                break
            node, followed = below, (*followed, part)
        return node, followed

    def replaced(self, path: Sequence[str | int], node: "Node") -> "Node":
        """Return the same tree with another node at a path that exists."""
        if not path:
            return node
        first, *rest = path
        value = self.value.copy()
        value[first] = value[first].replaced(rest, node)
        return Node(value=value, origin=self.origin, text=self.text)


def layered(layers: Iterable[Node]) -> Node:
    """Lay each layer over the ones before it: mappings merge deeply, everything else replaces."""
    return reduce(_over, layers)


def _over(lower: Node, upper: Node) -> Node:
    if not (isinstance(lower.value, dict) and isinstance(upper.value, dict)):
        return upper
    merged = dict(lower.value)
    for key, node in upper.value.items():
        merged[key] = _over(merged[key], node) if key in merged else node
    return Node(value=merged, origin=upper.origin)


def nested(path: Iterable[str], leaf: Node) -> Node:
    """Return the mapping of mappings that holds one leaf under a path."""
    node = leaf
    for key in reversed(list(path)):
        node = Node(value={key: node}, origin=leaf.origin)
    return node
