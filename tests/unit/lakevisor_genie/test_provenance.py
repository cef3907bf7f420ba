"""Where an answer comes from."""

from __future__ import annotations

import pytest

from lakevisor_genie.provenance import Provenance, sql_block, tables_of


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT * FROM `samples`.`tpch`.`orders` o", ("samples.tpch.orders",)),
        (
            "WITH x AS (SELECT * FROM a.b.c WHERE s = :s) SELECT * FROM x JOIN a.b.d USING (k)",
            ("a.b.c", "a.b.d"),
        ),
        ("SELECT (SELECT MAX(k) FROM a.b.d) FROM plain", ("a.b.d", "plain")),
        ("SELECT 1", ()),
        ("this is no SQL (", ()),
        ("", ()),
    ],
)
def test_the_tables_of_a_query_are_known_by_their_full_names(
    sql: str, tables: tuple[str, ...]
) -> None:
    assert tables_of(sql) == tables


def test_the_values_of_parameters_stand_with_the_sql() -> None:
    known = Provenance(
        space="sales",
        question="?",
        outcome="answered",
        conversation_id="c",
        message_id="m",
        sql="SELECT :n",
        parameters={"n": "3"},
    )

    assert sql_block(known) == "```sql\nSELECT :n\n-- :n = 3\n```"
