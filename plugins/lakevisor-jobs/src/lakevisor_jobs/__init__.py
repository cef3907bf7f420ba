"""The sub-agent `jobs`: starts Databricks Jobs, says how they are doing, and stops them."""
