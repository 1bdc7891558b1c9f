"""The command line: one module per command, and what headless runs print and read."""
