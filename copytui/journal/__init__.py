"""The program's memory (`store`, SQLite) and the session's JSON log (`session_log`)."""
