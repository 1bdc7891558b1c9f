"""The errors that copytui raises on purpose, by what the caller can do about them.

CopytuiError
├── StartRefused            do not start; `exit_code` and one sentence for the user
│   ├── SettingsRefused     2: wrong settings, every problem listed
│   ├── MasterLogInFailed   3: the master could not log in
│   ├── JournalInUse        4: another copytui runs on this journal
│   └── JournalUnreadable   1: the journal is damaged; it is not changed
├── BrokerError             one account's call failed
│   ├── BadCredentials      stop that account: retrying gets it locked
│   ├── SessionExpired      log in once, then retry
│   ├── RateLimited         wait, then retry (reads only)
│   ├── BrokerUnreachable   no answer: a read can be retried
│   ├── BrokerTrouble       a meaningless answer: a read can be retried
│   └── BrokerRefused       a final refusal, with the broker's code and text
├── JournalUnwritable       nothing may be sent until the journal can be written again
└── IllegalMove             a bug: a move that a copy's states do not allow
"""

from __future__ import annotations


class CopytuiError(Exception):
    """The root of all errors that copytui raises on purpose; the text can be shown to the user."""


class StartRefused(CopytuiError):
    """The program must not start; `exit_code` is documented in docs/headless.md."""

    exit_code = 1


class SettingsRefused(StartRefused):
    """The settings are wrong; `problems` has one sentence per problem."""

    exit_code = 2

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Take all problems; the error's text has one per line."""
        super().__init__("\n".join(problems))
        self.problems = problems


class MasterLogInFailed(StartRefused):
    """The master account could not log in, so there is nothing to watch."""

    exit_code = 3


class JournalInUse(StartRefused):
    """Another copytui holds the lock on this journal."""

    exit_code = 4


class JournalUnreadable(StartRefused):
    """The journal is damaged or from a newer version; it is never overwritten."""


class BrokerError(CopytuiError):
    """A call for one account failed; `code` is the broker's error code, or ''."""

    def __init__(self, text: str, *, code: str = "") -> None:
        """Take a sentence without secrets and the broker's `code`."""
        super().__init__(text)
        self.code = code


class BadCredentials(BrokerError):
    """The broker refuses this account's credentials; retrying can lock it."""


class SessionExpired(BrokerError):
    """The session token is not valid, or no longer: log in once and retry."""


class RateLimited(BrokerError):
    """Too many requests for this account: wait before the next read."""


class BrokerUnreachable(BrokerError):
    """No answer: DNS, connection, TLS, timeout or reset."""


class BrokerTrouble(BrokerError):
    """A meaningless answer: 5xx, HTML, an empty or malformed body, 'try again later'."""


class BrokerRefused(BrokerError):
    """The broker understood the request and refused it, with a code."""


class JournalUnwritable(CopytuiError):
    """A record could not be made durable (disk full, read-only, locked): nothing may be sent."""


class IllegalMove(CopytuiError):
    """A copy was moved along a path that its states do not have, or from a state that it is not in."""
