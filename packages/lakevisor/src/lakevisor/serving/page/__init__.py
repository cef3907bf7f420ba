"""The chat page: plain files that a browser reads, and a library of charts for it."""

from lakevisor.serving.page.routes import Page

__all__ = ["Page"]
