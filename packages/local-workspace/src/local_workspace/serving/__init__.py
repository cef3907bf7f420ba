"""Model serving: chat completions by a model of rules, by a script, or by a model elsewhere."""

from local_workspace.serving.serving import Serving
from local_workspace.serving.upstream import Upstream, UpstreamSettings

__all__ = ["Serving", "Upstream", "UpstreamSettings"]
