"""The broker's instrument list: download, daily cache, and lookups."""
