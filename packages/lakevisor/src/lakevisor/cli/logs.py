"""Logs: silent unless asked for, so that nothing litters a conversation."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

from lakevisor.cli.environment import LOG_VARIABLE

if TYPE_CHECKING:
    from lakevisor.cli.options import Options

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def start_logs(options: Options) -> None:
    """Write logs to stderr at the level that was asked for, or nothing at all.

    Args:
        options: `verbose` means debug; else `LAKEVISOR_LOG` names a level of `logging`.
    """
    from lakevisor.config import SECRETS, redact_logs

    SECRETS.learn_environment(options.environment)
    redact_logs(SECRETS)
    wanted = "debug" if options.verbose else options.environment.get(LOG_VARIABLE, "")
    level = logging.getLevelNamesMapping().get(wanted.upper())
    if level is None:
        # Without any handler, logging would print warnings to stderr by itself.
        logging.getLogger().addHandler(logging.NullHandler())
        warnings.simplefilter("ignore")
        return
    logging.basicConfig(format=_FORMAT, level=max(level, logging.INFO), force=True)
    logging.getLogger("lakevisor").setLevel(level)
    logging.captureWarnings(capture=True)
