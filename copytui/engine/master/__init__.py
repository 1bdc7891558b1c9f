"""Watching the master: polls, executions, trading days, and the inputs that an order needs."""
