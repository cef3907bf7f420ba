"""The plugins: found by their entry points, checked, and asked through typed hooks."""

from lakevisor.registry.discovery import discover
from lakevisor.registry.enabled_agent import EnabledAgent
from lakevisor.registry.hooks import Hooks
from lakevisor.registry.plugin import Discovery, Plugin
from lakevisor.registry.registry import Registry, build_registry

__all__ = [
    "Discovery",
    "EnabledAgent",
    "Hooks",
    "Plugin",
    "Registry",
    "build_registry",
    "discover",
]
