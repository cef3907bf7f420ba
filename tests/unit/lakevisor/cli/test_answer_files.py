"""Files of an answer: whole or not there, and nothing of a chart is loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lakevisor.cli.answer_files import AnswerFiles, file_when_whole, require_picture, require_place
from lakevisor.errors import FileNotWritten, NothingToDownload
from lakevisor_plugin import Downloaded, TurnFinished

CHART = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": [{"a": "x", "b": 1}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "nominal"}},
}


class Source:
    """Stands where the supervisor is asked for a file."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    async def download(self, request: Any, *, tell: Any) -> Any:
        tell(f"of {request.turn_id}")
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield part


def answered(*data: Any, notices: Any = ()) -> TurnFinished:
    answers = [{"agent": "genie", "text": ".", "data": each} for each in data]
    outputs: Any = {"answers": answers, "notices": [{"data": each} for each in notices]}
    return TurnFinished(
        thread_id="t",
        turn_id="u",
        agent="genie",
        text=".",
        custom_outputs=outputs,
        model_calls=1,
        usage={},
    )


@pytest.fixture
def files() -> AnswerFiles:
    return AnswerFiles()


async def save(files: AnswerFiles, path: Path, *parts: Any) -> dict[str, object]:
    source: Any = Source(*parts)
    return await files.save_csv(source, path, tell=lambda _: None)


async def test_a_download_is_written_and_counted(files: AnswerFiles, tmp_path: Path) -> None:
    files.remember(answered({"download": "x"}))
    path = tmp_path / "rows.csv"
    end = Downloaded(text="1 row.", data={"rows": 1})
    saved = await save(files, path, b"a\r\n", b"1\r\n", end)
    assert path.read_bytes() == b"a\r\n1\r\n"
    assert saved == {"rows": 1, "path": str(path), "text": f"Wrote {path}: 1 row."}


async def test_a_half_file_is_not_there_and_the_old_one_is(
    files: AnswerFiles, tmp_path: Path
) -> None:
    files.remember(answered({"download": "x"}))
    path = tmp_path / "rows.csv"
    path.write_text("old")
    with pytest.raises(NothingToDownload):
        await save(files, path, b"new", NothingToDownload())
    assert _contents(tmp_path) == {"rows.csv": "old"}


def _contents(folder: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in folder.iterdir()}


@pytest.mark.parametrize("suffix", [".png", ".svg", ".PNG"])
def test_a_chart_is_drawn_by_the_files_suffix(
    files: AnswerFiles, tmp_path: Path, suffix: str
) -> None:
    files.remember(answered({"chart": CHART}))
    files.save_chart(tmp_path / f"chart{suffix}")
    picture = (tmp_path / f"chart{suffix}").read_bytes()
    assert picture.startswith(b"<svg" if suffix == ".svg" else b"\x89PNG")


def test_a_chart_of_a_plugin_loads_nothing(files: AnswerFiles, tmp_path: Path) -> None:
    files.remember(answered({"chart": {**CHART, "data": {"url": "http://127.0.0.1:9/x.json"}}}))
    with pytest.raises(FileNotWritten, match="cannot be drawn"):
        files.save_chart(tmp_path / "chart.png")


def test_without_a_chart_it_says_when_there_is_one(files: AnswerFiles, tmp_path: Path) -> None:
    files.remember(answered({"rows": []}))
    with pytest.raises(FileNotWritten, match="has no chart") as refused:
        files.save_chart(tmp_path / "chart.png")
    assert "over time" in refused.value.remedy


def test_the_last_answer_counts_and_small_talk_leaves_it(files: AnswerFiles) -> None:
    files.remember(answered({"download": "x", "chart": CHART}))
    assert files.commands == "/csv FILE or /chart FILE"
    files.remember(answered())
    assert files.commands == "/csv FILE or /chart FILE"
    files.remember(answered(notices=[{"download": "y"}]))
    assert files.commands == "/csv FILE"


async def test_what_is_written_names_the_question(files: AnswerFiles, tmp_path: Path) -> None:
    files.begin_turn()
    files.remember(answered({"download": "x"}), question="How many\nper nation?")
    path = tmp_path / "rows.csv"
    saved = await save(files, path, Downloaded(text="25 rows."))
    assert saved["text"] == f'Wrote {path} for "How many per nation?": 25 rows.'
    assert files.are_of_last_turn


async def test_an_answer_to_an_earlier_question_names_that_one(
    files: AnswerFiles, tmp_path: Path
) -> None:
    late = {"download": "x", "question": "Revenue by year?"}
    files.remember(answered(notices=[late]), question="Thanks")
    saved = await save(files, tmp_path / "rows.csv", Downloaded(text="7 rows."))
    assert 'for "Revenue by year?": 7 rows.' in str(saved["text"])


@pytest.mark.parametrize("later", [[], [answered()]], ids=["failed", "has no rows"])
def test_it_is_said_that_the_last_question_brought_nothing(
    files: AnswerFiles, tmp_path: Path, later: Any
) -> None:
    files.remember(answered({"chart": CHART}), question="By region?")
    files.begin_turn()
    for finished in later:
        files.remember(finished, question="And by moon?")
    path = tmp_path / "chart.svg"
    assert files.save_chart(path)["text"] == (
        f'Wrote {path} for "By region?". '
        "The last question brought nothing to keep; this is the answer before it."
    )
    assert not files.are_of_last_turn


def test_a_suffix_that_is_no_picture_is_refused() -> None:
    with pytest.raises(FileNotWritten) as refused:
        require_picture(Path("chart.pdf"))
    assert refused.value.report() == (
        "A chart cannot be written to chart.pdf.\nName a file that ends in .png or .svg."
    )


def test_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotWritten, match="cannot be written"):
        require_place(tmp_path / "no" / "rows.csv")
    with pytest.raises(FileNotWritten, match="is no file"):
        require_place(tmp_path)


def test_a_disk_that_refuses_is_said(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(FileNotWritten, match="was not written"), file_when_whole(path):
        pass
