"""What a row of the table is, and how much the long form does."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chaos.experiments import Moment
from chaos.finding import Finding
from chaos.world import World


@dataclass(frozen=True, kw_only=True)
class Options:
    """How much is done. Each field is an option of the command line, with its help."""

    every: int = field(
        default=1,
        metadata={"help": "one in N moments of a launch, bytes of a stream, or injections"},
    )
    random_kills: int = field(default=1000, metadata={"help": "kills at random times, in all"})
    mix: int = field(default=500, metadata={"help": "launches with one or two random harms"})
    restarts: int = field(default=100, metadata={"help": "launches with PostgreSQL restarts"})
    turns: int = field(default=10_000, metadata={"help": "turns on fifty threads at once"})
    outages: int = field(default=5, metadata={"help": "times that each outage happens"})
    starts: int = field(default=20, metadata={"help": "starts of many servers at once"})
    launches: int = field(default=1000, metadata={"help": "launches at once, where few may start"})
    cases: int = field(default=5000, metadata={"help": "what people try with what is not theirs"})
    seed: int = field(
        default_factory=lambda: int(time.time()), metadata={"help": "of all that is random"}
    )

    def drawn(self, moments: Sequence[Moment]) -> Sequence[Moment]:
        """Return as many of them as are wanted; other seeds draw others."""
        chance = random.Random(self.seed)  # noqa: S311 - to be repeated, not to be secret
        return chance.sample(moments, -(-len(moments) // self.every))


Experiment: TypeAlias = Callable[[World, Options], Awaitable[Sequence[Finding]]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One experiment and its name."""

    name: str
    """What is done, and to what; `--only` selects by it."""
    run: Experiment
    """Does it, and says what came of each trial."""
    must_find: str | bool = False
    """Where a protection is switched off: the field of `Finding` that must tell of it, or any."""

    def has_failed(self, findings: Sequence[Finding]) -> bool:
        """Return whether something was found, or, without a protection, nothing."""
        if isinstance(self.must_find, str):
            return not any(getattr(each, self.must_find) for each in findings)
        return all(each.is_good for each in findings) == self.must_find
