"""Which words accept a proposal."""

import pytest

from lakevisor.supervisor.acceptance import is_acceptance, is_refusal


@pytest.mark.parametrize(
    "text", ["yes", "Yes, please!", " OK. ", "ok, yes", "go ahead", "please do it", "Ja"]
)
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
        "please",
    ],
)
def test_anything_more_is_a_new_request(text):
    assert not is_acceptance(text)


@pytest.mark.parametrize("text", ["no", "No, thanks!", "nope", "don\u2019t", "Never mind."])
def test_a_no_refuses(text):
    assert is_refusal(text)


@pytest.mark.parametrize("text", ["", "no, the other one", "no?", "not yet", "yes, no"])
def test_a_no_with_more_is_a_new_request(text):
    assert not is_refusal(text)
