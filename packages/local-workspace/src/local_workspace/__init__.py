"""A stand-in for a Databricks workspace on this machine.

It speaks the REST protocols that the real SDKs speak, really runs jobs, really answers Genie
questions and gives Lakebase as a real PostgreSQL. Start it with the command `local-workspace up`.
"""
