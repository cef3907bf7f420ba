"""Which words accept a proposal."""

import pytest

from lakevisor.supervisor.acceptance import is_acceptance


@pytest.mark.parametrize("text", ["yes", "Yes, please!", " OK. ", "go ahead", "Ja"])
def test_a_yes_accepts(text):
    assert is_acceptance(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "yes?",
        "yes 👎",
        "не ok",
        "yes, but tell me more",
        "yes\u202eno",
        "¬yes",
        "y/n",
        "yesno",
    ],
)
def test_anything_more_is_a_new_request(text):
    assert not is_acceptance(text)
