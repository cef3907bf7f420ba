"""The sub-agent `genie`: answers questions about data from Genie spaces."""
