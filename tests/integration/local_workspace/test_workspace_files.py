"""The workspace's files through `w.workspace`."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk.errors import (
    InvalidParameterValue,
    PermissionDenied,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from databricks.sdk.service.workspace import ImportFormat, Language

HOME = "/Users/analyst@local.test"


def test_a_file_and_a_notebook_are_imported_listed_and_exported(workspace: Any) -> None:
    w, folder = workspace.client("analyst"), f"{HOME}/project"
    w.workspace.mkdirs(f"{folder}/src")
    w.workspace.upload(f"{folder}/a.txt", b"one", format=ImportFormat.RAW)
    w.workspace.upload(f"{folder}/b", b"print(1)", language=Language.PYTHON)
    listed = {each.path: each.object_type.value for each in w.workspace.list(folder)}
    assert listed == {
        f"{folder}/a.txt": "FILE",
        f"{folder}/b": "NOTEBOOK",
        f"{folder}/src": "DIRECTORY",
    }
    assert w.workspace.download(f"{folder}/a.txt").read() == b"one"
    with pytest.raises(ResourceAlreadyExists):
        w.workspace.upload(f"{folder}/a.txt", b"two", format=ImportFormat.RAW)
    w.workspace.delete(folder, recursive=True)
    with pytest.raises(ResourceDoesNotExist):
        w.workspace.get_status(folder)


@pytest.mark.parametrize(
    "path", ["/Users/admin@local.test/x", "/Shared/../Users/admin@local.test/x"]
)
def test_anothers_home_is_closed(workspace: Any, path: str) -> None:
    w = workspace.client("analyst")
    with pytest.raises((PermissionDenied, InvalidParameterValue)):
        w.workspace.mkdirs(path)
