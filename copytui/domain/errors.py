"""Every error that copytui raises on purpose, sorted by what the caller can do about it.

CopytuiError
├── StartRefused            do not start; `exit_code` and one sentence for the user
│   ├── SettingsRefused     2: wrong settings, every problem listed
│   ├── MasterLogInFailed   3: the master could not log in
│   ├── JournalInUse        4: another copytui runs on this journal
│   └── JournalUnreadable   1: the journal is damaged; it is kept as it is
├── BrokerError             one account's call did not work
│   ├── BadCredentials      stop that account: trying again gets it locked
│   ├── SessionExpired      log in once, then again
│   ├── RateLimited         wait, then again (reads only)
│   ├── BrokerUnreachable   no answer: a read can be tried again
│   ├── BrokerTrouble       an answer that says nothing: a read can be tried again
│   └── BrokerRefused       a final no, with the broker's code and words
├── JournalUnwritable       nothing may be sent until the journal can be written again
└── IllegalMove             a bug: a copy was moved where its life does not allow
"""

from __future__ import annotations


class CopytuiError(Exception):
    """The root of all errors that copytui raises on purpose; its text is fit for the user."""


class StartRefused(CopytuiError):
    """The program must not start; `exit_code` is the contract's."""

    exit_code = 1


class SettingsRefused(StartRefused):
    """The settings are wrong; `problems` holds one sentence for each problem."""

    exit_code = 2

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep every problem; the error's text is all of them, a line each."""
        super().__init__("\n".join(problems))
        self.problems = problems


class MasterLogInFailed(StartRefused):
    """The master account could not log in, so there is nothing to watch."""

    exit_code = 3


class JournalInUse(StartRefused):
    """Another copytui holds the lock of this journal."""

    exit_code = 4


class JournalUnreadable(StartRefused):
    """The journal is damaged or from a newer version; it is never overwritten."""


class BrokerError(CopytuiError):
    """One call of one account did not give what was asked; `code` is the broker's error code or ''."""

    def __init__(self, text: str, *, code: str = "") -> None:
        """Keep the broker's `code` beside a sentence without secrets."""
        super().__init__(text)
        self.code = code


class BadCredentials(BrokerError):
    """The broker refuses this account's credentials; trying again can lock it."""


class SessionExpired(BrokerError):
    """The token is not valid (any more): log in once and call again."""


class RateLimited(BrokerError):
    """Too many requests for this account: wait before the next read."""


class BrokerUnreachable(BrokerError):
    """No answer came: DNS, connection, TLS, time-out or reset."""


class BrokerTrouble(BrokerError):
    """An answer came that tells nothing: 5xx, HTML, an empty or malformed body, 'try again later'."""


class BrokerRefused(BrokerError):
    """The broker understood and said no, with a code."""


class JournalUnwritable(CopytuiError):
    """A record could not be made durable (disk full, read-only, locked): nothing may be sent."""


class IllegalMove(CopytuiError):
    """A copy was to be moved along a path that its life does not have, or from a state it is not in."""
