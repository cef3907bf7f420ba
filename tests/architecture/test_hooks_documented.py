"""Every hook is documented with its signature and an example, and has tests."""

import inspect
import re
from types import ModuleType

import pytest

from lakevisor_plugin import HookSpecs
from lakevisor_plugin.rules import hook_arguments, hook_problems

EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(params=sorted(hook_arguments()))
def hook(request):
    return request.param


@pytest.fixture
def section(root, hook):
    """The part of `docs/hooks.md` under the heading of the hook."""
    text = (root / "docs" / "hooks.md").read_text(encoding="utf-8")
    _, heading, rest = text.partition(f"\n## `{hook}`\n")
    assert heading, f"docs/hooks.md has no section ## `{hook}`"
    return rest.partition("\n## ")[0]


def test_the_documented_signature_is_the_real_one(section, hook):
    signature = inspect.signature(getattr(HookSpecs, hook))
    parameters = ", ".join(
        f"{name}: {each.annotation}" for name, each in list(signature.parameters.items())[1:]
    )
    assert f"{hook}({parameters}) -> {signature.return_annotation}" in section


def test_the_documented_example_is_a_plugin(section, hook):
    examples = EXAMPLE.findall(section)
    assert examples, f"the section of {hook} has no example"
    for example in examples:
        plugin = ModuleType("example")
        exec(compile(example, f"docs/hooks.md ({hook})", "exec"), vars(plugin))  # noqa: S102
        assert hook_problems(plugin) == []
        assert hook in vars(plugin)


def test_what_happens_when_it_raises_is_documented(section):
    assert "**If it raises:**" in section


def test_the_hook_has_a_docstring(hook):
    assert inspect.getdoc(getattr(HookSpecs, hook))


def test_the_hook_has_tests(root, hook):
    tests = (root / "tests" / "unit" / "lakevisor" / "registry").glob("test_*.py")
    assert [path.name for path in tests if hook in path.read_text(encoding="utf-8")]


def test_the_document_speaks_of_no_hook_that_is_not_there(root):
    text = (root / "docs" / "hooks.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## `(\w+)`$", text, re.MULTILINE)) == set(hook_arguments())
