"""The chat models of a Databricks workspace."""

from lakevisor.chat_models.databricks import build_chat_model
from lakevisor.chat_models.faults import translated_model_errors

__all__ = ["build_chat_model", "translated_model_errors"]
