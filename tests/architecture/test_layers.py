"""Who may import whom: the contracts in `pyproject.toml`."""

import subprocess
import sys
import tomllib
from pathlib import Path


def test_the_import_contracts_hold(root, tmp_path):
    command = [str(Path(sys.executable).with_name("lint-imports")), "--cache-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_is_under_the_contracts(root, packages):
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]

    assert settings["root_packages"] == sorted(package.name for package in packages)


def test_every_plugin_is_under_the_contracts_of_plugins(root, packages):
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    contracts = {contract["id"]: contract for contract in settings["contracts"]}
    plugins = sorted(each.name for each in packages if each.folder.parent.name == "plugins")

    assert contracts["plugins-know-the-contract"]["source_modules"] == plugins
    assert contracts["plugins-know-no-other"]["modules"] == plugins
    assert contracts["plugins-are-found"]["forbidden_modules"] == plugins
