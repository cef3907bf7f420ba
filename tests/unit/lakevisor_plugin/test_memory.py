"""What a sub-agent remembers of a thread."""

import pytest

from lakevisor_plugin import Memory, MemoryFull
from lakevisor_plugin.memory import MEMORY_BYTES


def test_what_is_set_is_read_back():
    memory = Memory()
    memory["conversation"] = {"sales": ["c1", 2, None]}

    assert memory["conversation"] == {"sales": ["c1", 2, None]}
    assert memory.get("other") is None
    assert list(memory) == ["conversation"]


def test_what_is_read_is_a_copy():
    memory = Memory({"conversation": {"sales": "c1"}})
    memory["conversation"]["sales"] = "c2"

    assert memory["conversation"] == {"sales": "c1"}


def test_what_is_set_is_a_copy():
    memory, value = Memory(), {"sales": "c1"}
    memory["conversation"] = value
    value["sales"] = "c2"

    assert memory["conversation"] == {"sales": "c1"}


def test_what_is_forgotten_is_gone():
    memory = Memory({"a": 1, "b": 2})
    del memory["a"]

    assert dict(memory) == {"b": 2}


def test_all_values_together_have_one_limit():
    memory = Memory()
    memory["a"] = "x" * (MEMORY_BYTES // 2)

    with pytest.raises(MemoryFull, match=r"With 'b' .* would take 16,\d\d\d bytes of the 16,000"):
        memory["b"] = "x" * (MEMORY_BYTES // 2)
    assert list(memory) == ["a"]


def test_a_value_that_replaces_another_counts_alone():
    memory = Memory({"a": "x" * (MEMORY_BYTES - 100)})
    memory["a"] = "y" * (MEMORY_BYTES - 100)

    assert memory["a"].startswith("y")


def test_names_count_too():
    with pytest.raises(MemoryFull):
        Memory()["n" * MEMORY_BYTES] = 1


@pytest.mark.parametrize(("value", "error"), [(object(), TypeError), (float("nan"), ValueError)])
def test_what_is_not_json_is_refused_where_it_is_set(value, error):
    with pytest.raises(error):
        Memory()["a"] = value


def test_a_memory_does_not_show_its_values():
    assert repr(Memory({"a": "canary", "b": 1})) == "Memory(a, b)"
