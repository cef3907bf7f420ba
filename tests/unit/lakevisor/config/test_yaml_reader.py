"""YAML with lines, without duplicate keys, and with a sentence for everything unreadable."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lakevisor.config.origins import Node, Origin
from lakevisor.config.yaml_reader import UnreadableYaml, YamlReader
from lakevisor.errors import ConfigurationError, DuplicateKey

TEXTS = st.text("aZ09 .:-_#'\"\n\té{}[]&*!|>%@,?", max_size=20)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.dates(), TEXTS
)
DOCUMENTS = st.dictionaries(
    st.text("abc012_-", min_size=1, max_size=5),
    st.recursive(SCALARS, lambda below: st.lists(below, max_size=3), max_leaves=5),
)


def _read(text: str) -> tuple[Node, list[ConfigurationError]]:
    problems: list[ConfigurationError] = []
    node = YamlReader(problems).read_text(
        text, origin_at=lambda line: Origin(source="x", line=line)
    )
    assert node is not None
    return node, problems


def _with_nulls(node: Node) -> object:
    if isinstance(node.value, dict):
        return {key: _with_nulls(below) for key, below in node.value.items()}
    return node.plain()


@given(DOCUMENTS)
def test_values_are_those_that_pyyaml_reads(document):
    text = yaml.safe_dump(document, allow_unicode=True)
    node, problems = _read(text)
    assert _with_nulls(node) == {str(k): v for k, v in yaml.safe_load(text).items()}
    assert problems == []


def test_a_value_has_the_line_of_its_key():
    node, _ = _read("a: 1\nb:\n  c: |\n    long\n    text\n  d: [1,\n    2]\n")
    lines = {path: node.descend(path)[0].origin.line for path in [("b", "c"), ("b", "d")]}
    assert lines == {("b", "c"): 3, ("b", "d"): 6}
    assert node.descend(("b", "d", 1))[0].origin.line == 7


def test_a_duplicate_key_is_named_with_both_lines():
    _, problems = _read("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    (problem,) = problems
    assert isinstance(problem, DuplicateKey)
    assert (problem.key, problem.where, problem.first) == ("c", "x:5", "x:3")


def test_keys_are_the_text_that_was_written():
    node, _ = _read("no: 1\n2024: 2\n")
    assert node.plain() == {"no": 1, "2024": 2}


@pytest.mark.parametrize("text", ["<<: {a: 1}\n", "[a, b]: 1\n"])
def test_a_key_that_is_no_text_is_refused(text):
    _, problems = _read(text)
    assert "a key must be plain text" in problems[0].message


@pytest.mark.parametrize("text", ["a: 2024-13-45\n", "a: !!python/name:os.system ''\n"])
def test_a_value_that_yaml_cannot_make_is_refused(text):
    _, problems = _read(text)
    assert problems[0].message.startswith("x:1: the value cannot be read as YAML")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [1", "f.yaml:1: is not valid YAML"),
        (b"a:\n\tb: 1", "f.yaml:2: is not valid YAML"),
        (b"a: 1\n---\nb: 2\n", "is not valid YAML"),
        (b"a: \x00", "f.yaml: is not valid YAML"),
        (b"- a\n- b\n", "f.yaml:1: must be a mapping"),
        (b"a: \xff", "f.yaml: cannot be read: it is not UTF-8 text"),
        (None, "f.yaml: cannot be read: No such file"),
    ],
)
def test_an_unreadable_file_is_explained(tmp_path, content, said):
    problems: list[ConfigurationError] = []
    path: Path = tmp_path / "f.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableYaml):
        YamlReader(problems).read_file(path, source="f.yaml")
    assert said in problems[0].message


@pytest.mark.parametrize("content", ["", "# only a comment\n", "\ufeff", "null"])
def test_an_empty_file_is_an_empty_mapping(tmp_path, content):
    path = tmp_path / "f.yaml"
    path.write_text(content, encoding="utf-8")
    assert YamlReader([]).read_file(path, source="f.yaml").plain() == {}
