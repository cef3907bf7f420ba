"""Deployment: what a workspace needs, what travels there, and how it gets there.

`plan` reads and says; `model` logs, registers and serves; `app` renders a bundle.
"""
