"""What the operator wrote."""

from __future__ import annotations

from collections.abc import Sequence

from lakevisor.errors.root import LakevisorError, did_you_mean, indented


class ConfigurationError(LakevisorError):
    """The configuration cannot be used."""

    exit_code = 2


class InvalidConfiguration(ConfigurationError):
    """The configuration has problems."""

    def __init__(self, problems: Sequence[ConfigurationError], *, about: str) -> None:
        self.problems = tuple(problems)
        self.about = about
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = [f"{count} in {about}:", *(f"  {indented(problem)}" for problem in problems)]
        super().__init__("\n".join(lines))


class ConfigurationNotFound(ConfigurationError):
    """No folder with a base.yaml was found."""


class UnknownWorkspace(ConfigurationError):
    """The workspace has no file in configs/workspaces."""

    def __init__(self, name: str, *, known: Sequence[str], nearest: str | None) -> None:
        self.name = name
        self.known = tuple(known)
        self.nearest = nearest
        super().__init__(
            f"Unknown workspace {name!r}.{did_you_mean(nearest)}",
            remedy=f"Known workspaces: {', '.join(known) or 'none'}. "
            "Choose one with --workspace or LAKEVISOR_WORKSPACE.",
        )


class UnknownKey(ConfigurationError):
    """The configuration has a key that nothing reads."""

    def __init__(
        self, key: str, *, where: str, nearest: str | None, known: Sequence[str] = ()
    ) -> None:
        self.key = key
        self.where = where
        self.nearest = nearest
        self.known = tuple(known)
        hint = did_you_mean(nearest)
        if nearest is None and known:
            hint = f" Known here: {', '.join(known)}."
        super().__init__(f"{where}: unknown key {key!r}.{hint}")


class DuplicateKey(ConfigurationError):
    """The configuration has the same key twice in one mapping."""

    def __init__(self, key: str, *, where: str, first: str) -> None:
        self.key = key
        self.where = where
        self.first = first
        super().__init__(f"{where}: duplicate key {key!r}, first given at {first}.")


class InvalidValue(ConfigurationError):
    """The configuration has a value of the wrong type or out of range."""

    def __init__(self, key: str, *, where: str, reason: str) -> None:
        self.key = key
        self.where = where
        self.reason = reason
        subject = f"{key!r} " if key else ""
        super().__init__(f"{where}: {subject}{reason}.")


class MissingValue(ConfigurationError):
    """The configuration lacks a value that has no default."""

    def __init__(self, key: str, *, where: str) -> None:
        self.key = key
        self.where = where
        super().__init__(f"{where}: {key!r} is missing, and it has no default.")


class SecretNotFound(ConfigurationError):
    """A secret that the configuration refers to is not there."""

    def __init__(self, reference: str, *, reason: str, remedy: str) -> None:
        self.reference = reference
        self.reason = reason
        super().__init__(f"The secret {reference!r} cannot be read: {reason}.", remedy=remedy)
