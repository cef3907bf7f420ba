"""Genie spaces: who may see and change them, and what their content may be."""

from __future__ import annotations

import json

import pytest
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, NotFound, PermissionDenied

SALES = "01f10000000000000000000000000001"
SUPPLY = "01f10000000000000000000000000002"
WAREHOUSE = "local0000warehouse"
EMPTY = json.dumps({"version": 2})


def test_the_demo_has_two_spaces(server):
    spaces = server.client().genie.list_spaces().spaces
    assert {SALES, SUPPLY} <= {space.space_id for space in spaces}
    assert server.client().genie.get_space(SALES).title == "Sales (TPC-H)"


def test_an_unknown_space_does_not_exist(server):
    with pytest.raises(NotFound, match=r"Unable to get space \[nope\]"):
        server.client().genie.get_space("nope")


def test_the_content_needs_the_right_to_edit(server):
    with pytest.raises(PermissionDenied):
        server.client("viewer").genie.get_space(SALES, include_serialized_space=True)
    space = server.client("admin").genie.get_space(SALES, include_serialized_space=True)
    assert json.loads(space.serialized_space)["version"] == 2
    assert server.client().genie.get_space(SALES).serialized_space is None


def test_an_exported_space_can_be_created_again(server):
    genie = server.client("admin").genie
    content = genie.get_space(SALES, include_serialized_space=True).serialized_space
    copy = genie.create_space(WAREHOUSE, content, title="Copy")
    found = genie.get_space(copy.space_id, include_serialized_space=True)
    assert found.serialized_space == content
    genie.trash_space(copy.space_id)
    with pytest.raises(NotFound):
        genie.get_space(copy.space_id)


def test_only_a_change_of_the_content_changes_the_etag(server):
    genie = server.client("analyst").genie
    space = genie.create_space(WAREHOUSE, EMPTY, title="Mine")
    assert genie.update_space(space.space_id, title="Still mine").etag == space.etag
    content = json.dumps({"version": 2, "data_sources": {"tables": [{"identifier": "a.b.c"}]}})
    changed = genie.update_space(space.space_id, serialized_space=content, etag=space.etag)
    assert changed.etag != space.etag
    with pytest.raises(DatabricksError, match="etag"):
        genie.update_space(space.space_id, title="Late", etag=space.etag)


def test_who_may_only_ask_cannot_change_or_trash(server):
    genie = server.client("viewer").genie
    with pytest.raises(PermissionDenied):
        genie.update_space(SALES, title="Mine now")
    with pytest.raises(PermissionDenied):
        genie.trash_space(SALES)


def sample(number, question="Why?"):
    return {"id": f"{number:032x}", "question": [question]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not valid JSON"),
        (json.dumps({"version": 3}), "version"),
        (json.dumps({"version": 2, "surprise": 1}), "surprise"),
        (
            json.dumps({"version": 2, "config": {"sample_questions": [sample(2), sample(1)]}}),
            "sorted",
        ),
        (
            json.dumps({"version": 2, "config": {"sample_questions": [sample(1, " ")]}}),
            "exactly one text",
        ),
        (
            json.dumps(
                {"version": 2, "config": {"sample_questions": [{"id": "A1", "question": ["?"]}]}}
            ),
            "id",
        ),
        (
            json.dumps(
                {
                    "version": 2,
                    "config": {"sample_questions": [sample(1)]},
                    "benchmarks": {"questions": [sample(1)]},
                }
            ),
            "unique",
        ),
        (
            json.dumps(
                {
                    "version": 2,
                    "data_sources": {"tables": [{"identifier": f"a.b.t{i:02}"} for i in range(31)]},
                }
            ),
            "at most 30",
        ),
    ],
)
def test_content_that_breaks_a_rule_is_refused_with_the_rule(server, content, said):
    with pytest.raises(InvalidParameterValue, match=said):
        server.client("admin").genie.create_space(WAREHOUSE, content)
