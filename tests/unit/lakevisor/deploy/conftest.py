"""A configuration that names what it is deployed to, and what would be deployed of it."""

import shutil
import sys
from pathlib import Path

import pytest

from lakevisor.config import load_configuration
from lakevisor.deploy.draft import make_draft
from unit.lakevisor.deploy.third_party import ThirdParty

REPOSITORY = Path(__file__).parents[4]
DEPLOYED = (
    "deployment.model.name=main.agents.lakevisor",
    "deployment.app.name=lakevisor",
    "deployment.secret_scope=lakevisor",
)


@pytest.fixture
def configs(tmp_path):
    shutil.copy(REPOSITORY / "requirements.lock", tmp_path)
    return shutil.copytree(REPOSITORY / "configs", tmp_path / "configs")


@pytest.fixture
def configure(configs):
    """Load a workspace of ours that is deployed, with more values laid over it."""

    def _configure(workspace="prod", *overrides):
        return load_configuration(
            workspace=workspace, folder=configs, overrides=(*DEPLOYED, *overrides), environment={}
        )

    return _configure


@pytest.fixture
def draft(configure):
    """Make the draft of such a workspace."""
    return lambda *given: make_draft(configure(*given))


@pytest.fixture
def third_party(tmp_path, monkeypatch):
    """Install a plugin of somebody else, for one test."""
    plugin = ThirdParty(site=tmp_path / "site", source=tmp_path / "their source")
    plugin.site.mkdir()
    monkeypatch.setattr(sys, "path", [str(plugin.site), *sys.path])
    yield plugin
    sys.modules.pop("their_weather", None)
