"""Proves that a wish is done once: processes are killed at every moment of a turn, and more.

`make chaos` runs the long form and prints a table; the tests beside this file are the short form.
What is observed or broken is observed and broken from here: the product knows nothing of it.
"""
