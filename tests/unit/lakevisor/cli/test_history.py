"""Where the history of questions is kept."""

from pathlib import Path

from prompt_toolkit.history import FileHistory, InMemoryHistory

from lakevisor.cli.environment import history_file
from lakevisor.cli.prompt import _history


def test_the_history_is_in_the_state_folder(tmp_path):
    there = history_file({"XDG_STATE_HOME": str(tmp_path)})
    assert there == tmp_path / "lakevisor" / "history"
    assert history_file({}) == Path.home() / ".local/state/lakevisor/history"


def test_nobody_else_may_read_it(tmp_path):
    path = tmp_path / "lakevisor" / "history"
    assert isinstance(_history(path), FileHistory)
    assert path.stat().st_mode & 0o077 == 0


def test_where_it_cannot_be_written_it_lasts_for_one_chat(tmp_path):
    (tmp_path / "lakevisor").write_text("a file, not a folder")
    assert isinstance(_history(tmp_path / "lakevisor" / "history"), InMemoryHistory)
