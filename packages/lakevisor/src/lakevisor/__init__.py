"""The supervisor and its edges: graph, registry, configuration, serving, command line."""
