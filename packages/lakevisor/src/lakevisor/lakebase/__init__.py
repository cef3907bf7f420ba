"""Lakebase: where it is, and its errors in Lakevisor's words."""

from lakevisor.lakebase.address import address_of, saver_arguments
from lakevisor.lakebase.faults import translated_database_errors

__all__ = ["address_of", "saver_arguments", "translated_database_errors"]
