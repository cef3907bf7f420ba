"""What an answer has beside its text, as files: its full result and its chart."""

import json
import re

import pytest

REVENUE = "What is the total revenue by region?"
PNG = b"\x89PNG\r\n\x1a\n"


def test_ask_writes_the_full_result_and_the_chart(lakevisor, tmp_path):
    table, picture = tmp_path / "revenue.csv", tmp_path / "revenue.png"

    answer = lakevisor.ask(REVENUE, "--csv", str(table), "--chart", str(picture))

    header, *rows = table.read_text(encoding="utf-8").splitlines()
    data = answer["custom_outputs"]["genie"]
    assert header == ",".join(each["name"] for each in data["columns"])
    assert len(rows) == data["row_count"] == answer["files"]["csv"]["rows"]
    assert picture.read_bytes().startswith(PNG)
    assert {name: each["path"] for name, each in answer["files"].items()} == {
        "csv": str(table),
        "chart": str(picture),
    }


def test_ask_for_a_person_says_what_was_written(lakevisor, tmp_path):
    table = tmp_path / "revenue.csv"

    done = lakevisor.run("ask", REVENUE, "--csv", str(table))

    assert (done.returncode, done.stderr.count(f"Wrote {table}: 5 rows.")) == (0, 1)
    assert "Wrote" not in done.stdout


def test_an_answer_without_a_result_leaves_no_file(lakevisor, tmp_path):
    done = lakevisor.run("ask", "Hello", "--json", "--csv", str(tmp_path / "nothing.csv"))

    assert done.returncode != 0
    assert json.loads(done.stdout)["error"]["code"] == "nothing_to_download"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("option", "name"), [("--chart", "chart.pdf"), ("--csv", "no/where.csv")])
def test_a_file_that_cannot_be_written_is_said_before_anything_is_asked(
    lakevisor, tmp_path, option, name
):
    done = lakevisor.run("ask", REVENUE, option, str(tmp_path / name))

    assert (done.returncode != 0, done.stdout) == (True, "")
    assert str(tmp_path / name) in re.sub(r"\s*\n\s*", "", done.stderr)


def test_the_chat_keeps_the_last_answer_in_files(lakevisor, tmp_path):
    table, picture = tmp_path / "revenue.csv", tmp_path / "revenue.svg"

    done = lakevisor.run(
        "chat", questions=[REVENUE, "Thanks", f"/csv {table}", f"/chart {picture}"]
    )

    assert done.returncode == 0, done.stderr
    assert "To keep it: /csv FILE or /chart FILE." in done.stdout
    said = re.sub(r"\s+", "", done.stdout)
    of = f'for"{"".join(REVENUE.split())}"'
    before = "Thelastquestionbroughtnothingtokeep;thisistheanswerbeforeit."
    assert f"Wrote{table}{of}:5rows.{before}" in said
    assert f"Wrote{picture}{of}.{before}" in said
    assert len(table.read_text(encoding="utf-8").splitlines()) == 6
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_each_answer_that_can_be_kept_says_how(lakevisor):
    done = lakevisor.run("chat", questions=[REVENUE, "Thanks", REVENUE])

    assert done.stdout.count("To keep it: /csv FILE or /chart FILE.") == 2


def test_in_the_chat_there_is_nothing_to_keep_before_an_answer(lakevisor, tmp_path):
    done = lakevisor.run("chat", questions=[f"/csv {tmp_path / 'nothing.csv'}", "Hello"])

    assert done.returncode != 0
    assert list(tmp_path.iterdir()) == []
