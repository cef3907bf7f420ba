"""The SQL files: each statement is PostgreSQL's, is used, and is asked for by its name."""

import re
from pathlib import Path

import pytest
import sqlglot

import lakevisor.ledger.postgres
from lakevisor.ledger.migrating import known_migrations
from lakevisor.ledger.statements import load_statements, read_statements

STATEMENTS = read_statements()
SOURCES = "".join(
    path.read_text(encoding="utf-8")
    for path in Path(lakevisor.ledger.postgres.__file__).parent.glob("*.py")
)


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_statement_parses_as_one(name):
    text = load_statements("a_schema")[name].decode()
    # What psycopg does with them; the parser takes a parameter in less places than PostgreSQL.
    bound = re.sub(r"%\(\w+\)s", "NULL", text).replace("%%", "%")
    assert len(sqlglot.parse(bound, dialect="postgres")) == 1


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_statement_is_used(name):
    assert f'"{name}"' in SOURCES


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_statement_names_the_schema_of_its_tables(name):
    assert "{schema}." in STATEMENTS[name]
    assert not re.search(
        r"(?:FROM|INTO|UPDATE|JOIN) (?:threads|turns|operations|audit|jobs)\b", STATEMENTS[name]
    )


def test_the_schema_is_quoted():
    assert '"a ""b"""."threads"'.replace('."threads"', ".threads") in (
        load_statements('a "b"')["release_lease"].decode()
    )


def test_columns_are_named_one_by_one():
    text = load_statements("a")["get_operation"].decode()
    assert '"o"."run_id", "o"."state"' in text
    assert "*" not in text


def test_comments_are_not_sent():
    assert not [name for name, text in STATEMENTS.items() if "--" in text]


def test_the_version_of_a_migration_is_its_place():
    known = known_migrations()
    assert [each.version for each in known] == list(range(1, len(known) + 1))
    assert all(re.fullmatch(r"\d{4}_[a-z_]+", each.name) for each in known)


def test_each_index_says_which_statement_it_serves():
    for migration in known_migrations():
        comments = re.findall(r"^-- (.+)\nCREATE (?:UNIQUE )?INDEX", migration.text, re.MULTILINE)
        count = len(re.findall(r"^CREATE (?:UNIQUE )?INDEX", migration.text, re.MULTILINE))
        assert len(comments) == count
        assert all(set(re.findall(r"\w+", each)) & set(STATEMENTS) for each in comments)
