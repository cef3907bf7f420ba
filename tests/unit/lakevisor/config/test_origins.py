"""The laws of layering, for any layers."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lakevisor.config.origins import DEFAULT, Node, Origin, layered

# A path is a mapping or a leaf in every layer, as a schema would have it: letters and numbers.
SECTIONS = st.sampled_from("abc")
LEAVES = st.sampled_from("123")
VALUES = st.one_of(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=2))
TREES = st.recursive(
    st.dictionaries(LEAVES, VALUES, max_size=3),
    lambda below: st.dictionaries(SECTIONS, below, max_size=3).flatmap(
        lambda sections: st.dictionaries(LEAVES, VALUES, max_size=2).map(lambda m: m | sections)
    ),
    max_leaves=8,
)


def _node(value: Any, source: str) -> Node:
    if isinstance(value, dict):
        value = {key: _node(below, source) for key, below in value.items()}
    elif isinstance(value, list):
        value = [_node(item, source) for item in value]
    return Node(value=value, origin=Origin(source=source))


def _paths(value: Any, above: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(value, dict):
        return {above: value}
    return {
        path: leaf
        for key, below in value.items()
        for path, leaf in _paths(below, (*above, key)).items()
    }


@given(TREES, TREES, TREES)
def test_layering_is_associative(a, b, c):
    low, middle, high = _node(a, "low"), _node(b, "middle"), _node(c, "high")
    together = layered([low, middle, high])
    assert layered([layered([low, middle]), high]) == together
    assert layered([low, layered([middle, high])]) == together


@given(TREES)
def test_an_empty_layer_changes_no_value(tree):
    node, empty = _node(tree, "x"), _node({}, "empty")
    assert layered([node, empty]).plain() == layered([empty, node]).plain() == tree


@given(st.lists(TREES, min_size=1, max_size=4))
def test_each_leaf_has_the_value_and_the_origin_of_the_last_layer_that_sets_it(trees):
    merged = layered(_node(tree, str(number)) for number, tree in enumerate(trees))
    last = {path: (n, leaf) for n, tree in enumerate(trees) for path, leaf in _paths(tree).items()}
    for path, (number, leaf) in last.items():
        node, followed = merged.descend(path)
        assert followed == path
        assert (node.plain(), node.origin.source) == (leaf, str(number))
    assert _paths(merged.plain()).keys() == last.keys()


@given(TREES, TREES)
def test_layering_leaves_its_layers_as_they_were(a, b):
    low, high = _node(a, "low"), _node(b, "high")
    layered([low, high])
    assert (low, high) == (_node(a, "low"), _node(b, "high"))


def test_null_takes_back_what_lies_below():
    merged = layered([_node({"a": {"1": 5}, "b": {"1": 6}}, "low"), _node({"a": None}, "high")])
    assert merged.plain() == {"b": {"1": 6}}


def test_a_null_in_a_list_stays():
    assert Node(value=[_node(None, "x"), _node(1, "x")], origin=DEFAULT).plain() == [None, 1]


def test_an_origin_shows_its_line_only_where_it_has_one():
    assert str(Origin(source="configs/base.yaml", line=3)) == "configs/base.yaml:3"
    assert str(Origin(source="--set a.b")) == "--set a.b"
