"""The command line: one module per command, and the output and input of headless runs."""
