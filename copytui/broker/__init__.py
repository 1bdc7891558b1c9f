"""The broker's port (`port`) and its adapters."""
