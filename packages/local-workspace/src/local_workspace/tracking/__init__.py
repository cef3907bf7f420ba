"""MLflow tracking: experiments, runs, logged models, traces and their artifacts."""

from local_workspace.tracking.area import Tracking

__all__ = ["Tracking"]
