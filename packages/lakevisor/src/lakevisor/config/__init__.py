"""Configuration: layers of YAML, environment and command line; one typed, frozen result."""

from lakevisor.config.models import Settings
from lakevisor.config.secrets import SecretRef

__all__ = ["SecretRef", "Settings"]
