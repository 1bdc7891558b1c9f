"""The broker's port (`port`), its rate limits and its adapters."""
