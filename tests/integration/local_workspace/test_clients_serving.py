"""The clients that people use, unmodified, against the local workspace."""

from __future__ import annotations

from functools import reduce
from operator import add, mul
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.serving import ChatMessage, ChatMessageRole

# Importing databricks_langchain imports unitycatalog, which still writes pydantic 1 classes.
pytestmark = pytest.mark.filterwarnings("ignore:Support for class-based:DeprecationWarning")

ENDPOINT = "databricks-claude-sonnet-4-5"


@pytest.fixture
def databricks(workspace: Any) -> WorkspaceClient:
    return WorkspaceClient(profile="analyst", config_file=str(workspace.config_file))


def query_genie(query: str) -> str:
    """Answer a question about data."""
    return query


def test_the_sdk_finds_the_endpoint_ready_and_asks_it(databricks: WorkspaceClient) -> None:
    state = databricks.serving_endpoints.get(ENDPOINT).state
    assert state.ready.value == "READY"
    assert ENDPOINT in [endpoint.name for endpoint in databricks.serving_endpoints.list()]
    hello = ChatMessage(role=ChatMessageRole.USER, content="hello")
    answer = databricks.serving_endpoints.query(ENDPOINT, messages=[hello])
    assert answer.choices[0].message.content == "Hello."


def test_chat_databricks_streams_text_and_tool_calls(databricks: WorkspaceClient) -> None:
    from databricks_langchain import ChatDatabricks

    model = ChatDatabricks(model=ENDPOINT, workspace_client=databricks)
    texts = [chunk.content for chunk in model.stream("Who are you?")]
    assert len(texts) > 5
    assert "no language model" in "".join(texts)
    with_tools = model.bind_tools([query_genie])
    whole = reduce(add, with_tools.stream("How many orders do we have?"))
    [call] = whole.tool_calls
    assert (call["name"], call["args"]) == ("query_genie", {"query": "How many orders do we have?"})
    [call] = with_tools.invoke("How many orders do we have?").tool_calls
    assert call["name"] == "query_genie"
    model.client.close()


def test_databricks_openai_completes_a_chat(databricks: WorkspaceClient) -> None:
    from databricks_openai import DatabricksOpenAI

    with DatabricksOpenAI(workspace_client=databricks) as client:
        hello = {"role": "user", "content": "hello"}
        answer = client.chat.completions.create(model=ENDPOINT, messages=[hello])
    assert answer.choices[0].message.content == "Hello."


def test_databricks_embeddings_ranks_texts(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from databricks_langchain import DatabricksEmbeddings

    monkeypatch.setenv("DATABRICKS_HOST", workspace.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", workspace.tokens["analyst"])
    model = DatabricksEmbeddings(endpoint="databricks-bge-large-en")
    asked = model.embed_query("late orders")
    near, far = model.embed_documents(["orders that are late", "a parrot"])
    product = [sum(map(mul, asked, each)) for each in (near, far)]
    assert product[0] > product[1]


def test_databricks_openai_embeds_texts(databricks: WorkspaceClient) -> None:
    from databricks_openai import DatabricksOpenAI
    from openai import NotFoundError

    with DatabricksOpenAI(workspace_client=databricks) as client:
        made = client.embeddings.create(model="databricks-gte-large-en", input=["one", "two"])
        with pytest.raises(NotFoundError):
            client.embeddings.create(model=ENDPOINT, input="one")
    assert [len(one.embedding) for one in made.data] == [1024, 1024]


def test_mlflow_deployments_predicts_and_streams(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.deployments import get_deploy_client

    monkeypatch.setenv("DATABRICKS_HOST", workspace.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", workspace.tokens["analyst"])
    client = get_deploy_client("databricks")
    inputs = {"messages": [{"role": "user", "content": "hello"}]}
    answer = client.predict(endpoint=ENDPOINT, inputs=inputs)
    assert answer["choices"][0]["message"]["content"] == "Hello."
    streamed = list(client.predict_stream(endpoint=ENDPOINT, inputs=inputs))
    assert "".join(c["choices"][0]["delta"]["content"] for c in streamed) == "Hello."
