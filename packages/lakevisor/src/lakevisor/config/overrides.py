"""The two upper layers: environment variables ``LAKEVISOR__A__B=...``, and ``--set a.b=...``."""

from collections.abc import Iterator, Mapping, Sequence

import yaml

from lakevisor.config.origins import Node, Origin, nested
from lakevisor.config.yaml_reader import YamlReader
from lakevisor.errors import ConfigurationError, InvalidValue

PREFIX = "LAKEVISOR__"


def from_environment(
    environment: Mapping[str, str], problems: list[ConfigurationError]
) -> Iterator[Node]:
    """Yield one layer for each variable that begins with ``LAKEVISOR__``, in order of names."""
    for variable in sorted(name for name in environment if name.startswith(PREFIX)):
        origin = Origin(source=f"environment variable {variable}")
        path = variable.removeprefix(PREFIX).lower().split("__")
        if not all(path):
            reason = "names no key; write LAKEVISOR__SECTION__KEY"
            problems.append(InvalidValue("", where=str(origin), reason=reason))
            continue
        yield nested(path, _typed(environment[variable], origin, problems))


def from_command_line(
    overrides: Sequence[str], problems: list[ConfigurationError]
) -> Iterator[Node]:
    """Yield one layer for each ``a.b=value``, in the order given."""
    for override in overrides:
        key, equals, text = override.partition("=")
        origin = Origin(source=f"--set {key.strip()}")
        path = key.strip().split(".")
        if not equals or not all(path):
            reason = "is not of the form section.key=value"
            problems.append(InvalidValue("", where=str(origin), reason=reason))
            continue
        yield nested(path, _typed(text, origin, problems))


def _typed(text: str, origin: Origin, problems: list[ConfigurationError]) -> Node:
    """Read a value as YAML where it clearly is a value of YAML, and as it stands otherwise.

    A prompt such as ``Note: be brief  # always`` is text, though YAML would see a mapping in it.
    """
    as_it_stands = Node(value=text.strip(), origin=origin)
    try:
        graph = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return as_it_stands
    if graph is None:
        return Node(value=None, origin=origin)
    if isinstance(graph, yaml.CollectionNode) and not graph.flow_style:
        return as_it_stands
    node = YamlReader(problems).read_text(text, origin_at=lambda _line: origin)
    assert node is not None, "the same text was composed above"
    is_unquoted = isinstance(graph, yaml.ScalarNode) and graph.style is None
    if is_unquoted and isinstance(node.value, str):
        return as_it_stands
    return Node(value=node.value, origin=origin, text=text.strip())
