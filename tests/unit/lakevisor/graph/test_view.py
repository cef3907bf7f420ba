"""What a model is shown of a thread."""

from langchain_core.messages import AIMessage, HumanMessage

from lakevisor.graph.messages import reply_part, tool_result
from lakevisor.graph.view import NO_RESULT, agent_view, supervisor_view
from lakevisor_testing.replies import ToolUse


def call(name, call_id, **arguments):
    return {"name": name, "args": arguments, "id": call_id}


def shown(view):
    return [(each.type, each.text) for each in view]


async def test_past_turns_are_shown_without_their_tool_calls(talk):
    await talk.say("How many?", ToolUse("look_up", question="How many?"))
    await talk.say("Thanks", "You are welcome.")
    assert shown(talk.model.calls[-1].messages[1:]) == [
        ("human", "How many?"),
        ("ai", "1 row"),
        ("human", "Thanks"),
    ]


async def test_the_prompt_does_not_grow_with_the_age_of_the_thread(talk_with):
    talk = talk_with(settings={"window_tokens": 50})
    sizes = []
    for turn in range(30):
        await talk.say(f"Question {turn:02}", f"Answer {turn:02}, which is not short at all.")
        sizes.append(sum(len(each.text) for each in talk.model.calls[-1].messages))
    assert max(sizes[10:]) == sizes[10]


async def test_what_is_said_first_is_the_same_in_every_turn(talk):
    await talk.say("Hello", "Hello")
    await talk.say("How many?", ToolUse("look_up", question="How many?"))
    first, second = talk.model.calls
    assert first.messages[0] == second.messages[0]
    assert first.tools == second.tools


def test_the_window_keeps_the_latest_turns():
    turns = [HumanMessage("old"), AIMessage("a" * 400), HumanMessage("new"), AIMessage("b")]
    view = supervisor_view([*turns, HumanMessage("now")], window_tokens=50)
    assert shown(view) == [("human", "new"), ("ai", "b"), ("human", "now")]


def test_a_past_turn_with_a_hole_shows_no_tool_call():
    lost = AIMessage("", tool_calls=[call("launch", "1")], name="supervisor")
    view = supervisor_view([HumanMessage("go"), lost, HumanMessage("and?")], window_tokens=100)
    assert [each.type for each in view] == ["human", "ai", "human"]
    assert not view[1].tool_calls


def test_a_call_without_result_in_this_turn_is_healed_in_the_request():
    lost = AIMessage("", tool_calls=[call("launch", "1")], name="supervisor")
    messages = [HumanMessage("go"), lost]
    assert shown(supervisor_view(messages, window_tokens=100))[-1] == ("tool", NO_RESULT)
    assert messages == [HumanMessage("go"), lost]


def test_a_sub_agent_sees_its_task_and_its_own_calls_only():
    both = [call("look_up", "1", question="x"), call("launch", "2", request="y")]
    messages = [
        HumanMessage("Look up x and start y"),
        AIMessage("", tool_calls=both, name="supervisor"),
        tool_result(both[0], "content of x"),
        tool_result(both[1], "content of y"),
    ]
    view = agent_view(messages, agent="data", tools={"look_up"}, task="x", window_tokens=100)
    assert shown(view) == [
        ("human", "Look up x and start y\n\n(Your part of this: x)"),
        ("ai", ""),
        ("tool", "content of x"),
    ]


def test_a_sub_agents_answer_is_the_result_of_its_hand_off():
    hand_off = call("transfer_to_data", "1", task="x")
    messages = [
        HumanMessage("x, then y"),
        AIMessage("", tool_calls=[hand_off], name="supervisor"),
        tool_result(hand_off, "Handed over to data.", metadata={"__handoff_destination": "data"}),
        reply_part("data", "| a table |", for_model="1 row"),
    ]
    assert shown(supervisor_view(messages, window_tokens=100))[-1] == ("tool", "1 row")


def test_a_long_tool_result_is_cut_with_a_mark():
    message = tool_result(call("describe", "1"), "x" * 10_000)
    assert message.text.endswith("[cut: 2,000 more characters]")
