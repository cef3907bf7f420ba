"""Secrets of the configuration: references to them, never their values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from lakevisor.config.redaction import SECRETS
from lakevisor.errors import SecretNotFound

SOURCES = ("env", "file")


@dataclass(frozen=True, kw_only=True)
class SecretRef:
    """Where a secret stands. It does not hold the secret, so it can be printed and logged."""

    source: str
    """``env`` for an environment variable, ``file`` for a file that holds nothing else."""
    name: str
    """The variable's name, or the file's path."""

    def __str__(self) -> str:
        return f"{self.source}:{self.name}"

    def read(self, environment: Mapping[str, str]) -> str:
        """Return the secret itself.

        Raises:
            SecretNotFound: the variable or the file is absent, unreadable or empty.
        """
        value = self._from_environment(environment) if self.source == "env" else self._from_file()
        if not value:
            raise SecretNotFound(str(self), reason="it is empty", remedy=self._remedy())
        SECRETS.learn(value)
        return value

    def _from_environment(self, environment: Mapping[str, str]) -> str:
        if self.name not in environment:
            raise SecretNotFound(str(self), reason="it is not set", remedy=self._remedy())
        return environment[self.name].strip()

    def _from_file(self) -> str:
        try:
            return Path(self.name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise SecretNotFound(str(self), reason=str(reason), remedy=self._remedy()) from None

    def _remedy(self) -> str:
        if self.source == "env":
            return f"Set the environment variable {self.name} before starting Lakevisor."
        return f"Write the secret into {self.name}, and nothing else."

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let pydantic read a reference from its text."""
        return core_schema.with_info_plain_validator_function(
            _parse, serialization=core_schema.to_string_ser_schema()
        )


def _parse(value: object, info: ValidationInfo) -> SecretRef:
    if isinstance(value, SecretRef):
        return value
    source, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
    if source not in SOURCES or not name.strip():
        # The message must not quote the value: what stands here is most likely the secret itself.
        raise PydanticCustomError(
            "secret_literal",
            "must refer to a secret, not be one: env:NAME or file:PATH (the value is not shown)",
        )
    if source == "file":
        root = (info.context or {}).get("root", Path())
        name = str(root / Path(name.strip()).expanduser())
    return SecretRef(source=source, name=name.strip())
