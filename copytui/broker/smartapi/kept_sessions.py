"""Today's sessions, kept over a restart: one encrypted file per account, useless without that account's `.env` values.

The key is derived from the account's API key, PIN and TOTP secret. A session ends at midnight Indian time
(docs/smartapi.md, 6.1), so a file of an earlier day is not used. A file that cannot be read or written is no error:
the account logs in as always.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from copytui.settings.model import Credentials


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login returned."""

    jwt: str = field(repr=False)
    refresh: str = field(repr=False)
    feed: str = field(repr=False)


class KeptSession:
    """One account's kept session at one server. All calls block for a moment."""

    def __init__(self, folder: Path, root_url: str, credentials: Credentials) -> None:
        """Keep it in `folder`, which is created with the first session."""
        name = hashlib.sha256(f"{root_url}\n{credentials.client_id}".encode()).hexdigest()[:24]
        self._path = folder / f"{name}.session"
        self._fernet = Fernet(_key(root_url, credentials))

    def load(self, day: date) -> Tokens | None:
        """Return the session that was opened on `day`; None where there is none, or it cannot be read."""
        try:
            kept = json.loads(self._fernet.decrypt(self._path.read_bytes()))
            tokens = Tokens(kept["jwt"], kept["refresh"], kept["feed"])
        except (OSError, InvalidToken, ValueError, KeyError, TypeError):
            return None
        return tokens if kept.get("day") == day.isoformat() and isinstance(tokens.jwt, str) else None

    def store(self, tokens: Tokens, day: date) -> None:
        """Keep a session, readable by the user only; replaces the file in one step."""
        text = self._fernet.encrypt(json.dumps({**asdict(tokens), "day": day.isoformat()}).encode())
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(dir=self._path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(text)
                Path(partial).replace(self._path)
            except OSError:
                Path(partial).unlink(missing_ok=True)

    def drop(self) -> None:
        """Forget the session."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _key(root_url: str, credentials: Credentials) -> bytes:
    secrets = (credentials.api_key, credentials.pin, credentials.totp_secret)
    words = [*(secret.reveal() for secret in secrets), root_url]
    derivation = HKDF(SHA256(), 32, salt=str(credentials.client_id).encode(), info=b"copytui session")
    return base64.urlsafe_b64encode(derivation.derive("\n".join(words).encode()))
