"""How long files and functions are, and how many things a function takes by position."""

import ast
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 40
POSITIONAL_PARAMETERS = 4
ALLOWED: frozenset[str] = frozenset()
"""What may stand as it is. This list only shrinks."""


def violations(name: str, source: str) -> Iterator[str]:
    """Yield what is too long or takes too much in one module."""
    lines = len(source.splitlines())
    if lines > FILE_LINES:
        yield f"{name} has {lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{name}:{node.name} has {length} lines"
            given = [each.arg for each in node.args.posonlyargs + node.args.args]
            count = len(given) - (given[:1] in (["self"], ["cls"]))
            if count > POSITIONAL_PARAMETERS:
                yield f"{name}:{node.name} takes {count} by position"


def all_violations(packages) -> set[str]:
    return {
        violation
        for package in packages
        for path in package.files()
        for violation in violations(_module(package, path), path.read_text(encoding="utf-8"))
    }


def _module(package, path: Path) -> str:
    parts = path.relative_to(package.folder / "src").with_suffix("").parts
    return ".".join(parts)


def test_files_and_functions_keep_their_size(packages):
    assert all_violations(packages) - ALLOWED == set()


def test_nothing_stands_in_the_allow_list_that_does_not_need_it(packages):
    assert ALLOWED - all_violations(packages) == set()


def test_what_is_too_big_is_seen():
    body = "    pass\n" * FUNCTION_LINES
    source = f"async def long():\n{body}\ndef wide(self, a, b, c, d, e): ...\n"

    assert list(violations("m", source)) == ["m:long has 41 lines", "m:wide takes 5 by position"]
    assert list(violations("m", "\n" * 401)) == ["m has 401 lines"]
