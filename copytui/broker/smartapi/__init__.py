"""Angel One's SmartAPI behind the broker's port, on the official SDK `smartapi-python`."""
