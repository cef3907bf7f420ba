"""Rules that happen as often as they were told."""

from __future__ import annotations

import pytest

from local_workspace.admin.changed_answers import merged
from local_workspace.rules import Rules
from local_workspace.sql.statement_rules import StatementRule


def taken(rules, word):
    rule = rules.take(lambda each: each.contains == word)
    return rule.contains if rule else None


def test_the_first_rule_that_fits_is_taken_until_it_is_used_up():
    rules = Rules(StatementRule)
    rules.add(StatementRule(contains="a", times=2))
    rules.add(StatementRule(contains="b", times=None))
    assert [taken(rules, "a") for _ in range(3)] == ["a", "a", None]
    assert [taken(rules, "b") for _ in range(3)] == ["b", "b", "b"]


def test_what_is_skipped_passes_first_and_does_not_count_as_happened():
    rules = Rules(StatementRule)
    rules.add(StatementRule(contains="a", skip=1, times=2))
    assert taken(rules, "a") is None
    assert rules.listed()[0]["happened"] == 0
    assert [taken(rules, "a") for _ in range(3)] == ["a", "a", None]


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": {"c": None, "d": 1}}}, {"a": {"b": {"d": 1}}}),
        ([1], {"a": 1}, {"a": 1}),
    ],
)
def test_a_merge_patch_follows_rfc_7386(target, patch, result):
    assert merged(target, patch) == result
