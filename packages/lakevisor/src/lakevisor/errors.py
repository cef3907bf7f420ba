"""Every error that Lakevisor raises on purpose.

LakevisorError
├── ConfigurationError                 exit 2   what the operator wrote
│   ├── InvalidConfiguration                    all problems of one configuration
│   ├── ConfigurationNotFound
│   ├── UnknownWorkspace
│   ├── UnknownKey
│   ├── DuplicateKey
│   ├── InvalidValue
│   ├── MissingValue
│   └── SecretNotFound
├── PluginError                        exit 3   a plugin that cannot be used
│   └── InvalidPlugins                          all problems of all plugins
├── WorkspaceError                     exit 4   what Databricks answered
│   ├── WorkspaceUnreachable
│   ├── NotAuthenticated
│   ├── PermissionDenied
│   ├── ResourceNotFound
│   ├── RateLimited
│   └── WorkspaceFault
├── LakebaseError                      exit 5   the database of the conversations
│   ├── LakebaseUnreachable
│   ├── LakebaseRoleMissing
│   ├── LakebasePermissionDenied
│   └── LedgerNotMigrated                       its tables are not those that this code knows
├── RequestError                       exit 6   what the person sent
│   ├── EmptyRequest
│   ├── RequestTooLong
│   ├── InvalidThreadId
│   ├── TurnConflict                            the id of another request
│   ├── TurnRunning
│   ├── ThreadBusy
│   ├── LimitReached
│   └── ProposalGone
└── TurnError                          exit 7   a turn that did not come to its end
    ├── ModelError
    ├── DeadlineExceeded
    ├── TooManyModelCalls
    └── LeaseLost                               another process works on the thread

Three audiences: ``message`` is one sentence for whoever is told (a person or a model), without
secrets; ``remedy`` is what an operator does next; anything that is not a ``LakevisorError`` is a
bug and flies with its traceback, for a developer.
"""

import math
from collections.abc import Iterable, Sequence
from typing import ClassVar


class LakevisorError(Exception):
    """Lakevisor cannot go on."""

    exit_code: ClassVar[int] = 1
    remedy: str = ""

    def __init__(self, message: str | None = None, *, remedy: str | None = None) -> None:
        self.message = message or default_message(type(self))
        if remedy is not None:
            self.remedy = remedy
        super().__init__(self.message)

    def report(self) -> str:
        """Return the message and, on a line of its own, what to do next."""
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


def default_message(error: type[LakevisorError]) -> str:
    """Return the first line of an error's docstring, which is its message."""
    return (error.__doc__ or error.__name__).strip().splitlines()[0]


# ---------------------------------------------------------------------------- configuration


class ConfigurationError(LakevisorError):
    """The configuration cannot be used."""

    exit_code = 2


class InvalidConfiguration(ConfigurationError):
    """The configuration has problems."""

    def __init__(self, problems: Sequence[ConfigurationError], *, about: str) -> None:
        self.problems = tuple(problems)
        self.about = about
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = [f"{count} in {about}:", *(f"  {_indented(problem)}" for problem in problems)]
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
            f"Unknown workspace {name!r}.{_did_you_mean(nearest)}",
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
        hint = _did_you_mean(nearest)
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


# ---------------------------------------------------------------------------------- plugins


class PluginError(LakevisorError):
    """A plugin cannot be used."""

    exit_code = 3

    def __init__(
        self,
        message: str | None = None,
        *,
        distribution: str | None = None,
        entry_point: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.distribution = distribution
        self.entry_point = entry_point
        names = [f"entry point {entry_point!r}"] if entry_point else []
        names += [f"of distribution {distribution!r}"] if distribution else []
        text = message or default_message(type(self))
        super().__init__(f"{' '.join(names)}: {text}" if names else text, remedy=remedy)


class InvalidPlugins(PluginError):
    """Some plugins cannot be used."""

    def __init__(self, problems: Sequence[LakevisorError]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = [f"{count} with the plugins:", *(f"  {_indented(problem)}" for problem in problems)]
        super().__init__("\n".join(lines))


# -------------------------------------------------------------------------------- workspace


class WorkspaceError(LakevisorError):
    """The Databricks workspace did not do what was asked."""

    exit_code = 4

    def __init__(
        self,
        message: str | None = None,
        *,
        host: str | None = None,
        resource: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.host = host
        self.resource = resource
        facts = [("workspace", host), ("resource", resource)]
        super().__init__(message or _with_facts(default_message(type(self)), facts), remedy=remedy)


class WorkspaceUnreachable(WorkspaceError):
    """The Databricks workspace does not answer."""

    remedy = (
        "Check workspace.host and the network; a local workspace starts with: local-workspace up"
    )


class NotAuthenticated(WorkspaceError):
    """The Databricks workspace does not accept the credentials."""

    remedy = "Check workspace.profile, workspace.token or workspace.client_id and client_secret."


class PermissionDenied(WorkspaceError):
    """The Databricks workspace does not allow this."""

    remedy = "Ask an administrator of the workspace to grant the permission."


class ResourceNotFound(WorkspaceError):
    """The Databricks workspace does not have what was asked for."""

    remedy = "Check the id or name in the configuration: lakevisor config show"


class RateLimited(WorkspaceError):
    """The Databricks workspace asks to wait before the next request."""

    remedy = "Wait, then try again."

    def __init__(
        self,
        message: str | None = None,
        *,
        host: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message, host=host)


class WorkspaceFault(WorkspaceError):
    """The Databricks workspace failed while it worked on the request."""

    remedy = "Try again; if it stays, look at the status page of the workspace."


# --------------------------------------------------------------------------------- Lakebase


class LakebaseError(LakevisorError):
    """Lakebase did not do what was asked."""

    exit_code = 5

    def __init__(
        self,
        message: str | None = None,
        *,
        address: str | None = None,
        role: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.address = address
        self.role = role
        facts = [("Lakebase", address), ("role", role)]
        super().__init__(message or _with_facts(default_message(type(self)), facts), remedy=remedy)


class LakebaseUnreachable(LakebaseError):
    """Lakebase does not answer."""

    remedy = "Check the addresses under lakebase, and that the instance or endpoint runs."


class LakebaseRoleMissing(LakebaseError):
    """Lakebase has no role for this identity."""

    remedy = "Create it as an administrator: SELECT databricks_create_role('<identity>', 'USER')"


class LakebasePermissionDenied(LakebaseError):
    """Lakebase does not let this identity use the tables."""

    remedy = "Grant the schema and its tables to the role; they belong to whoever created them."


class LedgerNotMigrated(LakebaseError):
    """The tables of the ledger are not those that this version works with."""

    remedy = "Bring them up to date: lakevisor db migrate"


# ---------------------------------------------------------------------------------- request


class RequestError(LakevisorError):
    """The request cannot be taken."""

    exit_code = 6


class EmptyRequest(RequestError):
    """The question is empty."""

    remedy = "Write what you would like to know or to have done."


class RequestTooLong(RequestError):
    """The question is too long."""

    def __init__(self, length: int, *, limit: int) -> None:
        self.length = length
        self.limit = limit
        super().__init__(
            f"The question has {length:,} characters; at most {limit:,} are taken.",
            remedy="Shorten it, or raise supervisor.max_input_chars.",
        )


class InvalidThreadId(RequestError):
    """The thread id is not one that Lakevisor can have given."""

    remedy = "Use the thread id of an earlier answer, or none to begin a new thread."

    def __init__(self, thread_id: str) -> None:
        self.thread_id = thread_id
        super().__init__(f"The thread id {_shortened(thread_id)!r} is not valid.")


class TurnConflict(RequestError):
    """The request id was used before, for another request."""

    remedy = "Send each new request with an id of its own."

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        super().__init__(
            f"The request id {_shortened(turn_id)!r} was used before, for another request."
        )


class TurnRunning(RequestError):
    """The same request is being worked on."""

    remedy = "Wait for its answer, or send it again later with the same id."

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        super().__init__(f"The request {_shortened(turn_id)!r} is being worked on.")


class ThreadBusy(RequestError):
    """Another request of the same conversation is being worked on."""

    remedy = "Wait for its answer, then send this one again with the same id."

    def __init__(self, thread_id: str, *, waited_seconds: float = 0.0) -> None:
        self.thread_id = thread_id
        self.waited_seconds = waited_seconds
        waited = f" (waited {waited_seconds:.1f} s for it)" if waited_seconds else ""
        super().__init__(
            f"Another request of the conversation {_shortened(thread_id)!r} is being worked on"
            f"{waited}."
        )


class LimitReached(RequestError):
    """No more may be started now."""

    remedy = "Wait, or stop what is not needed any more."
    _WORDS: ClassVar = {
        "launches_per_hour": "launches within an hour",
        "running_per_owner": "runs at once",
        "running_per_job": "runs of this job at once",
    }

    def __init__(
        self, limit: str, *, allowed: int, retry_after_seconds: float | None = None
    ) -> None:
        self.limit = limit
        self.allowed = allowed
        self.retry_after_seconds = retry_after_seconds
        again = ""
        if retry_after_seconds is not None:
            again = f" The next can start in {_duration(retry_after_seconds)}."
        super().__init__(f"The limit is reached: {allowed} {self._WORDS[limit]}.{again}")


class ProposalGone(RequestError):
    """What was proposed cannot be accepted any more."""

    remedy = "Ask for it again."


# ------------------------------------------------------------------------------------- turn


class TurnError(LakevisorError):
    """The turn did not come to its end."""

    exit_code = 7


class ModelError(TurnError):
    """The language model did not answer."""

    remedy = "Check that the endpoint under model.endpoint exists and is ready."

    def __init__(
        self, message: str | None = None, *, endpoint: str | None = None, remedy: str | None = None
    ) -> None:
        self.endpoint = endpoint
        facts = [("endpoint", endpoint)]
        super().__init__(message or _with_facts(default_message(type(self)), facts), remedy=remedy)


class DeadlineExceeded(TurnError):
    """The turn took longer than it may."""

    remedy = "Ask for less at once, or raise turn.deadline_seconds."

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"The turn was stopped after {seconds:g} seconds.")


class TooManyModelCalls(TurnError):
    """The turn needed more model calls than it may make."""

    remedy = "Ask for less at once, or raise model.max_calls_per_turn."

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The turn was stopped after {limit} model calls.")


class LeaseLost(TurnError):
    """Another process took the conversation over, so this one must not write to it any more."""

    remedy = "Send the request again with the same id; what was started is not started twice."

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        super().__init__()


# ------------------------------------------------------------------------------------ words


def _did_you_mean(nearest: str | None) -> str:
    return f" Did you mean {nearest!r}?" if nearest else ""


def _indented(problem: LakevisorError) -> str:
    return problem.report().replace("\n", "\n    ")


def _with_facts(sentence: str, facts: Iterable[tuple[str, str | None]]) -> str:
    known = [f"{name} {value!r}" for name, value in facts if value is not None]
    return f"{sentence.rstrip('.')} ({', '.join(known)})." if known else sentence


def _duration(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    return "a minute" if minutes <= 1 else f"{minutes} minutes"


def _shortened(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
