"""How a thread is read back from its messages."""

from langchain_core.messages import AIMessage, HumanMessage

from lakevisor.graph.messages import turns


def test_a_thread_is_split_where_the_person_speaks():
    first, answer, second = HumanMessage("1"), AIMessage("one"), HumanMessage("2")

    assert turns([first, answer, second]) == [[first, answer], [second]]


def test_a_thread_whose_first_turn_was_interrupted_before_its_message_has_no_turns():
    assert turns([]) == []
