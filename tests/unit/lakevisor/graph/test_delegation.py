"""What the supervisor may call."""

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, MessagesState, StateGraph

from lakevisor.graph.delegation import plan_delegation
from lakevisor_plugin.rules import MORE_TO_DO
from lakevisor_testing.replies import ToolUse


def names(delegation):
    return [each["function"]["name"] for each in delegation.specifications]


def test_an_agent_whose_every_tool_is_a_shortcut_needs_no_hand_off(talk):
    delegation = plan_delegation(talk.agents, shortcuts=True, token_budget=2_000)
    assert names(delegation) == ["look_up", "transfer_to_data", "launch"]


def test_shortcuts_over_the_budget_become_a_hand_off(talk):
    delegation = plan_delegation(talk.agents, shortcuts=True, token_budget=150)
    assert names(delegation) == ["look_up", "transfer_to_data", "transfer_to_work"]


def test_every_delegation_can_say_that_there_is_more_to_do(talk):
    for each in plan_delegation(talk.agents, shortcuts=True, token_budget=2_000).specifications:
        assert MORE_TO_DO in each["function"]["parameters"]["properties"]


def test_a_hand_off_says_when_to_delegate_in_the_plugins_own_words(talk):
    data, _ = plan_delegation(talk.agents, shortcuts=False, token_budget=0).specifications
    assert data["function"]["description"] == "For data."


async def test_an_agent_can_be_a_graph_of_its_own(talk_with, agent_with_graph):
    graph = StateGraph(MessagesState)
    graph.add_node("speak", lambda state: {"messages": [AIMessage("From my own graph.")]})
    graph.add_edge(START, "speak")
    graph.add_edge("speak", END)
    talk = talk_with(agents=[agent_with_graph(graph.compile())])
    assert await talk.say("x", ToolUse("transfer_to_own", task="x")) == "From my own graph."


async def test_model_calls_of_an_agents_own_graph_count(talk_with, agent_with_graph):
    talk = talk_with()
    speaking = RunnableLambda(lambda state: {"messages": [*state["messages"], model(state)]})

    def model(state):
        return talk.model.invoke(state["messages"])

    talk.agents = [agent_with_graph(speaking)]
    await talk.say("x", ToolUse("transfer_to_own", task="x"), "Counted.")
    assert talk.context.model_calls == 2
