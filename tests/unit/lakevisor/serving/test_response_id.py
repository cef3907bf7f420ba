"""The id of a response says which turn of which thread it is."""

import pytest

from lakevisor.serving.response_id import ResponseId


def test_it_is_read_as_it_was_written() -> None:
    response_id = ResponseId(thread_id="a:b-c.d_1", turn_id="Turn.2")

    assert str(response_id).startswith("resp_")
    assert ResponseId.read(str(response_id)) == response_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "resp_",
        "resp_abc",
        "resp_%%%",
        "resp_\x00",
        "YS9i",
        "resp_Lw",
        "resp_YS8",
        "resp_YQAvYg",
    ],
)
def test_what_was_never_given_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the id of a response"):
        ResponseId.read(text)
