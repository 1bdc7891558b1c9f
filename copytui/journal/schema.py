"""The journal's tables. They are private: nothing outside `copytui.journal` may rely on them.

`events` is append-only. The other tables hold the current state, written in the same transaction as the events that
changed it.
"""

from __future__ import annotations

APPLICATION_ID = 0x43545549
"""'CTUI': identifies the file as a copytui journal."""

VERSION = 2
"""Version 1 had no event codes; `copytui.journal.migration` migrates such a journal."""

DDL = """
CREATE TABLE looks (
    master TEXT NOT NULL,
    day TEXT NOT NULL,
    first_at TEXT NOT NULL,
    PRIMARY KEY (master, day)
) STRICT;

CREATE TABLE master_orders (
    master TEXT NOT NULL,
    key TEXT NOT NULL,
    day TEXT NOT NULL,
    origin TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    counted INTEGER NOT NULL,
    executions INTEGER NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (master, key)
) STRICT;

CREATE TABLE executions (
    id INTEGER PRIMARY KEY,
    master TEXT NOT NULL,
    day TEXT NOT NULL,
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    origin TEXT NOT NULL,
    executed_at TEXT,
    seen_at TEXT NOT NULL,
    row TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT,
    sentence TEXT NOT NULL,
    plans TEXT NOT NULL,
    settled INTEGER NOT NULL,
    UNIQUE (master, day, key, number)
) STRICT;

CREATE TABLE copies (
    id INTEGER PRIMARY KEY,
    execution_id INTEGER NOT NULL REFERENCES executions (id),
    follower TEXT NOT NULL,
    tag TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX copies_by_state ON copies (state);

CREATE TABLE followers (client_id TEXT PRIMARY KEY, halted_because TEXT NOT NULL) STRICT;

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    text TEXT NOT NULL,
    order_key TEXT,
    execution_id INTEGER,
    copy_id INTEGER,
    code TEXT
) STRICT;

CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    command TEXT NOT NULL,
    argument INTEGER NOT NULL,
    taken_at TEXT,
    answered_at TEXT,
    answer TEXT
) STRICT;

CREATE TABLE positions (
    account TEXT NOT NULL,
    master TEXT NOT NULL,
    exchange TEXT NOT NULL,
    symbol TEXT NOT NULL,
    product TEXT NOT NULL,
    day TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    rounding_carry TEXT NOT NULL,
    PRIMARY KEY (account, master, exchange, symbol, product)
) STRICT;

CREATE TABLE exits (
    execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
    closing INTEGER NOT NULL,
    held INTEGER NOT NULL
) STRICT;

CREATE TABLE exit_times (
    execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
    decided_at TEXT NOT NULL
) STRICT;

CREATE TABLE flags (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE account_days (
    account TEXT NOT NULL,
    day TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, day, name)
) STRICT;
"""

EVENTS_ARE_FINAL = (
    """
    CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
    """,
    """
    CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
    """,
)
"""The triggers that keep `events` append-only."""
