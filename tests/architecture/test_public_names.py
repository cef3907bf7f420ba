"""The doors of the packages: what stands in each `__init__.py`."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

FORBIDDEN_NAMES = {"base", "common", "helpers", "misc", "utils"}


def doors(package) -> Iterator[Path]:
    return (path for path in package.files() if path.name == "__init__.py")


def exported(path: Path) -> list[str] | None:
    """Return `__all__` of a file, or None where it has none."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def order(name: str) -> tuple[bool, bool, str]:
    """Return the place of a name: constants, then classes, then functions."""
    return (not name.isupper(), not name[0].isupper(), name)


def test_every_door_says_what_is_behind_it(package):
    for path in doors(package):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_public_names_are_sorted_and_named_once(package):
    for path in doors(package):
        names = exported(path) or []
        assert names == sorted(set(names), key=order), path


# MLflow warns of its own types when it is imported.
@pytest.mark.filterwarnings("ignore:.*inferred as AnyType:UserWarning")
def test_public_names_can_be_imported(package):
    for path in doors(package):
        module = ".".join(path.relative_to(package.folder / "src").parent.parts)
        for name in exported(path) or []:
            assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


def test_what_a_door_imports_is_public(package):
    for path in doors(package):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        own = [each for each in tree.body if isinstance(each, ast.ImportFrom)]
        imported = {
            alias.asname or alias.name
            for each in own
            if (each.module or "").startswith(package.name)
            for alias in each.names
        }
        assert imported <= set(exported(path) or []), path


def test_no_file_is_named_after_nothing(package):
    assert [path for path in package.source.rglob("*") if path.stem in FORBIDDEN_NAMES] == []
