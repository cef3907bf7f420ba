"""Databricks' own wrappers of Genie, unmodified."""

from __future__ import annotations

import warnings

import pytest

SALES = "01f10000000000000000000000000001"

with warnings.catch_warnings():
    # These libraries warn about their own dependencies while they are imported.
    warnings.simplefilter("ignore")
    genie = pytest.importorskip("databricks_ai_bridge.genie")
    langchain = pytest.importorskip("databricks_langchain.genie")


# MLflow, which both use for tracing, has a mapping that SQLAlchemy deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


@pytest.fixture(autouse=True)
def traces_in_a_folder_of_the_test(tmp_path):
    import mlflow

    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    yield
    mlflow.flush_trace_async_logging()
    mlflow.set_tracking_uri(before)


def test_genie_of_the_ai_bridge_reads_the_answer(server):
    answer = genie.Genie(SALES, client=server.client()).ask_question(
        "What is the total amount by region?"
    )
    regions = [row[0] for row in server.rows("SELECT r_name FROM samples.tpch.region")]
    assert all(region in answer.result for region in regions)
    assert "SUM(l_extendedprice" in answer.query
    assert answer.suggested_questions


def test_genie_agent_of_langchain_goes_on_with_a_conversation(server):
    agent = langchain.GenieAgent(SALES, client=server.client(), include_context=True)
    first = agent.invoke({"messages": [{"role": "user", "content": "What is revenue by region?"}]})
    names = [message.name for message in first["messages"]]
    assert names == ["query_reasoning", "query_sql", "query_result"]
    second = agent.invoke(
        {
            "messages": [{"role": "user", "content": "Now filter to only completed orders"}],
            "conversation_id": first["conversation_id"],
        }
    )
    assert second["conversation_id"] == first["conversation_id"]
    assert "o_orderstatus = 'F'" in second["messages"][1].content
