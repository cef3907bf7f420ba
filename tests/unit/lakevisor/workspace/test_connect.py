"""What is said of a workspace that cannot be reached."""

import socket

import pytest

from lakevisor.config.models import WorkspaceSettings
from lakevisor.errors import WorkspaceUnreachable
from lakevisor.workspace import connect


async def test_a_profile_whose_workspace_does_not_answer_is_told_with_its_address(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        profiles = tmp_path / "databrickscfg"
        profiles.write_text(f"[away]\nhost = {host}\ntoken = none\n", encoding="utf-8")
        settings = WorkspaceSettings(
            profile="away", config_file=profiles, connect_timeout_seconds=1
        )
        with pytest.raises(WorkspaceUnreachable) as refused:
            await connect(settings, {})
    assert repr(host) in refused.value.message
