"""`lakevisor doctor` finds what a conversation needs, or says what is missing."""

import re

LAYERS = ["configuration", "plugins", "workspace", "model", "lakebase", "genie", "jobs"]


def test_each_layer_is_looked_at_in_order(lakevisor):
    done = lakevisor.run("doctor")
    subjects = re.findall(r"^[✓✗] (\S+)", done.stdout, re.MULTILINE)
    assert list(dict.fromkeys(subjects)) == LAYERS
    assert done.returncode == 0, done.stdout


def test_the_exit_code_is_that_of_the_first_layer_that_fails(lakevisor):
    options = ("--set", "model.endpoint=no-such", "--set", "lakebase.instance_name=no-such")
    done = lakevisor.run("doctor", *options)
    assert re.search(r"^✗ model .*no-such", done.stdout, re.MULTILINE)
    assert re.search(r"^✗ lakebase .*no-such", done.stdout, re.MULTILINE)
    assert done.returncode == 4
