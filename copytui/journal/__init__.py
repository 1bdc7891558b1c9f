"""The journal (`store`, SQLite) and the session's JSON log (`session_log`)."""
