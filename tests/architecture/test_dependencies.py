"""Each distribution declares what it imports."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

BROUGHT = {"pydantic_core": "pydantic"}
"""What comes with a declared distribution in exactly the version that this one names."""

_installed_by = cache(packages_distributions)


def test_every_import_is_declared(package):
    extras = package.project.get("optional-dependencies", {}).values()
    requirements = [*package.project["dependencies"], *(each for extra in extras for each in extra)]
    declared = {*_declared(requirements), _normal(package.project["name"])}
    undeclared = {
        f"{path.relative_to(package.folder)}: {module}"
        for path in package.files()
        for module in _imported(path.read_text(encoding="utf-8"))
        if module not in sys.stdlib_module_names
        and BROUGHT.get(module) not in declared
        and not declared & {_normal(each) for each in _installed_by().get(module, [module])}
    }
    assert undeclared == set()


def test_only_what_is_imported_when_it_runs_counts():
    source = (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import typed\nelse:\n    import otherwise\n"
        "def late():\n    import deep.er\nfrom . import sibling\n"
    )
    assert set(_imported(source)) == {"typing", "otherwise", "deep"}


def _imported(source: str) -> Iterator[str]:
    """Yield the top names of what a module imports, late imports included."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        waiting += ast.iter_child_nodes(node)


def _declared(requirements: list[str]) -> Iterator[str]:
    """Yield the names of distributions, with those that a named extra brings."""
    for requirement in requirements:
        name, extras = re.match(r"([\w.-]+)(?:\[([^]]*)])?", requirement).groups()
        yield _normal(name)
        for extra in filter(None, (extras or "").split(",")):
            marker = re.compile(rf"extra == ['\"]{re.escape(extra.strip())}['\"]")
            brought = [each for each in _requires(name) if marker.search(each)]
            yield from (_normal(re.match(r"[\w.-]+", each).group()) for each in brought)


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
