"""The SQL warehouse: Databricks SQL on DuckDB, and the Statement Execution API in front of it."""

from local_workspace.sql.failure import SqlFailed
from local_workspace.sql.grants import Grants
from local_workspace.sql.result import Column, Result
from local_workspace.sql.statement import Statement
from local_workspace.sql.statements import Statements
from local_workspace.sql.translation import Parameter
from local_workspace.sql.warehouse import WAREHOUSE_ID, Warehouse

__all__ = [
    "WAREHOUSE_ID",
    "Column",
    "Grants",
    "Parameter",
    "Result",
    "SqlFailed",
    "Statement",
    "Statements",
    "Warehouse",
]
