"""The fixtures that come with the kit, and what pytest pays for them."""

import subprocess
import sys


def test_a_turn_tells_its_progress_to_the_fixture(turn, progress):
    turn.progress("1 of 3")
    assert progress == ["1 of 3"]


def test_a_turn_has_the_operations_of_the_fixture(turn, operations):
    assert turn.operations is operations


def test_a_scripted_model_is_at_hand(scripted_model):
    assert scripted_model(["Hello."]).invoke("Hi.").text == "Hello."


def test_pytest_does_not_wait_for_langchain():
    code = "import sys, lakevisor_testing.pytest_plugin; print('langchain_core' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
