"""The command in a process of its own, and a configuration that it can show."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[4]


@pytest.fixture
def lakevisor(tmp_path):
    """Run the command in the repository, with nothing of the developer's in its environment."""

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-c", "from lakevisor.cli import main; main()", *arguments],
            cwd=REPOSITORY,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run
