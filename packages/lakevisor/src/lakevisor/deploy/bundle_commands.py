"""The Databricks CLI, which brings a bundle into the workspace."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from lakevisor.deploy.bundle import Bundle
from lakevisor.errors import BundleFailed, DeploymentError

CLI = "databricks"


def run_bundle(
    bundle: Bundle, environment: Mapping[str, str], *, variables: Sequence[str] = ()
) -> None:
    """Validate, deploy and start the bundle; the CLI's words go to the terminal.

    Args:
        bundle: the rendered one.
        environment: of the CLI.
        variables: `NAME=VALUE`, for those that the bundle does not know itself.

    Raises:
        DeploymentError: the CLI is not installed, or a variable was not given.
        BundleFailed: a command did.
    """
    program = shutil.which(CLI, path=environment.get("PATH"))
    if program is None:
        raise DeploymentError(
            f"The program {CLI!r} is not installed here; the bundle is rendered.",
            remedy="Install the Databricks CLI, or run the commands above where it is.",
        )
    given = {each.partition("=")[0]: each for each in variables}
    for command in bundle.commands:
        words = [_filled(word, given) for word in command[1:]]
        done = subprocess.run([program, *words], cwd=bundle.folder, env=environment, check=False)
        if done.returncode:
            raise BundleFailed(shlex.join([CLI, *words]), exit_code=done.returncode)


def _filled(word: str, given: Mapping[str, str]) -> str:
    if not word.startswith("--var="):
        return word
    name = word.removeprefix("--var=").partition("=")[0]
    if name not in given:
        raise DeploymentError(
            f"The bundle's variable {name!r} has no value.",
            remedy=f"Give it: lakevisor deploy app --run --var {name}=VALUE",
        )
    return f"--var={given[name]}"
