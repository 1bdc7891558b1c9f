"""How copying runs: one asyncio loop in its own thread that owns all state. It knows no screen."""
