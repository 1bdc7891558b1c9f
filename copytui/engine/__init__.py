"""The copying engine: one asyncio loop in its own thread that owns all state. It knows nothing of the screen."""
