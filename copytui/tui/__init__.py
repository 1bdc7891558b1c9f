"""How it looks: the full-screen monitor. It renders snapshots and events and sends commands, no more."""
