"""The full-screen monitor. It shows snapshots and events, and sends commands."""
