"""What came of a trial, as the table counts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What came of a trial."""

    what: str
    """What happened in it."""
    is_harmed: bool = True
    """Whether it happened: a moment beyond the turn's last is not reached."""
    double_runs: int = 0
    """Runs beyond the one that was wished for."""
    lost: Sequence[str] = ()
    """What was lost: a launch that did not run or that the ledger does not know, a message."""
    unusable: str = ""
    """What made a thread unusable."""
    wrong: Sequence[str] = ()
    """What else was not as it must be: a message twice, another answer to the same request."""

    @property
    def is_good(self) -> bool:
        """Whether all was as it must be."""
        return not (self.double_runs or self.lost or self.unusable or self.wrong)
