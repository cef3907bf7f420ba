"""What went wrong while the supervisor was deployed."""

from __future__ import annotations

from collections.abc import Sequence

from lakevisor.errors.root import LakevisorError


class DeploymentError(LakevisorError):
    """The supervisor was not deployed."""

    exit_code = 8


class DeployExtraMissing(DeploymentError):
    """What deploying needs is not installed."""

    def __init__(self, modules: Sequence[str]) -> None:
        self.modules = tuple(modules)
        super().__init__(
            f"Deploying needs {', '.join(modules)}, which cannot be imported here.",
            remedy="Install it with Lakevisor's extra: pip install 'lakevisor[deploy]'",
        )


class NotDeployable(DeploymentError):
    """The configuration cannot be deployed as it is."""

    def __init__(self, problems: Sequence[str], *, workspace: str) -> None:
        self.problems = tuple(problems)
        lines = [f"The workspace {workspace!r} cannot be deployed as it is:"]
        lines += [f"  {problem}" for problem in problems]
        super().__init__("\n".join(lines), remedy="lakevisor deploy plan shows all of it.")


class WheelNotBuilt(DeploymentError):
    """A package could not be made into a wheel."""

    def __init__(self, distribution: str, *, reason: str, remedy: str | None = None) -> None:
        self.distribution = distribution
        super().__init__(f"No wheel of {distribution!r} can be made: {reason}", remedy=remedy)


class EndpointNotReady(DeploymentError):
    """The new version did not become ready; the endpoint serves what it served before."""

    def __init__(self, endpoint: str, *, reason: str, logs: str = "") -> None:
        self.endpoint = endpoint
        self.logs = logs
        tail = f"\n{logs.rstrip()}" if logs.strip() else ""
        super().__init__(
            f"The endpoint {endpoint!r} did not become ready: {reason} "
            f"It goes on serving what it served before.{tail}",
            remedy="Correct what the logs say, and deploy again.",
        )


class SmokeTestFailed(DeploymentError):
    """The new version does not answer as it should."""

    def __init__(self, version: str, *, reason: str, serving: str | None, logs: str = "") -> None:
        self.version = version
        self.serving = serving
        self.logs = logs
        now = f"Version {serving} serves again" if serving else "No earlier version can take over"
        tail = f"\n{logs.rstrip()}" if logs.strip() else ""
        super().__init__(
            f"Version {version} is ready, but did not answer its smoke question: {reason} "
            f"{now}.{tail}",
            remedy="Look at the logs of the endpoint, correct it, and deploy again.",
        )


class NoEarlierVersion(DeploymentError):
    """The endpoint has no other version that it could go back to."""

    remedy = "Deploy the version that is wanted: check out its commit, and lakevisor deploy model."


class BundleFailed(DeploymentError):
    """The Databricks CLI did not do what it was asked."""

    def __init__(self, command: str, *, exit_code: int) -> None:
        self.command = command
        super().__init__(
            f"{command!r} ended with exit code {exit_code}.",
            remedy="What it said stands above; the bundle is rendered and can be deployed by hand.",
        )
