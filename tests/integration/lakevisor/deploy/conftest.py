"""The supervisor as a logged model, with a plugin of somebody else, away from this repository."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from unit.lakevisor.deploy.third_party import ThirdParty

REPOSITORY = Path(__file__).parents[4]
OURS = ("lakevisor", "local_workspace", "_editable", "__editable")
LOG = """
import os, sys, tempfile
from pathlib import Path
import mlflow
from lakevisor.config import load_configuration
from lakevisor.deploy.draft import make_draft
from lakevisor.deploy.logged_model import log_model

folder = Path(sys.argv[1])
mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
experiment = mlflow.create_experiment("models", artifact_location=str(folder / "artifacts"))
mlflow.set_experiment(experiment_id=experiment)
configuration = load_configuration(
    workspace="prod",
    folder=folder / "configs",
    overrides=[
        "deployment.model.name=main.agents.lakevisor",
        "deployment.secret_scope=lakevisor",
        "agents.weather={warehouse: w7}",
    ],
    environment={},
)
with tempfile.TemporaryDirectory() as made:
    info = log_model(
        make_draft(configuration), Path(made), dict(os.environ), host="https://w.example.com"
    )
print(info.artifact_path)
"""


@pytest.fixture(scope="session")
def logged_model(tmp_path_factory):
    """Log the model in a process of its own, with nothing to reach a workspace with."""
    folder = tmp_path_factory.mktemp("model")
    site = folder / "site"
    site.mkdir()
    plugin = ThirdParty(site=site, source=folder / "their source")
    plugin.write_editable()
    for name in ("configs", "requirements.lock"):
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        copy(REPOSITORY / name, folder / name)
    # A uv project in the working directory, as that of who works on a plugin has one.
    (folder / "uv.lock").write_text("version = 1\n")
    (folder / "pyproject.toml").write_text("[project]\nname = 'theirs'\nversion = '1'\n")
    path = [str(site), str(plugin.source), *filter(None, [os.environ.get("PYTHONPATH")])]
    home = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    python_path = {"PYTHONPATH": os.pathsep.join(path), "MLFLOW_UV_AUTO_DETECT": "false"}
    done = subprocess.run(
        [sys.executable, "-c", LOG, str(folder)],
        cwd=folder,
        env={**home, **python_path},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.split()[-1])


@pytest.fixture(scope="session")
def fresh_python(tmp_path_factory, logged_model):
    """Make an environment with the model's wheels and everybody else's packages, none of ours."""
    folder = tmp_path_factory.mktemp("fresh")
    packages = folder / "packages"
    packages.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not entry.name.startswith(OURS):
            (packages / entry.name).symlink_to(entry)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "others.pth").write_text(f"{packages}\n")
    wheels = sorted(str(each) for each in (logged_model / "code" / "wheels").glob("*.whl"))
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*command, "--no-index", "--no-deps", "--no-compile", *wheels], check=True)
    return python
