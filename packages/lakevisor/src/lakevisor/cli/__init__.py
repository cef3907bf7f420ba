"""The command line `lakevisor`; `lakevisor --help` and `docs/command-line.md` say what it does."""

from lakevisor.cli.app import main

__all__ = ["main"]
