"""Serving: thin adapters that give the supervisor's events to clients of other protocols."""
