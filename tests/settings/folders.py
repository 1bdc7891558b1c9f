"""A folder of settings' files for the tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from copytui.domain.errors import SettingsRefused
from copytui.settings.loader import load_settings
from copytui.settings.model import Settings

SECRET = "JBSWY3DPEHPK3PXP"


def account(prefix: str, client_id: str) -> dict[str, str]:
    return {
        f"{prefix}API_KEY": f"key{client_id}",
        f"{prefix}CLIENT_ID": client_id,
        f"{prefix}PASSWORD": "1234",
        f"{prefix}TOTP_SECRET": SECRET,
    }


MASTER = account("", "M100")
GOOD = {**MASTER, **account("FOLLOWER_1_", "F100"), **account("FOLLOWER_2_", "F200")}


class Folder:
    """A folder with the settings' files in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def env(self, variables: Mapping[str, str | None] = GOOD, more: str = "") -> None:
        lines = [f"{name}={value}" for name, value in variables.items() if value is not None]
        self.write(".env", "\n".join(lines) + "\n" + more)
        (self.path / ".env").chmod(0o600)

    def toml(self, text: str) -> None:
        self.write("copytui.toml", text)

    def local(self, text: str) -> None:
        self.write("copytui.local.toml", text)

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def load(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        config: Path | None = None,
        env: Path | None = None,
        strict: bool = False,
    ) -> Settings:
        return load_settings(
            config_file=config, env_file=env, folder=self.path, environ=environ or {}, strict_permissions=strict
        )

    def problems(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        config: Path | None = None,
        env: Path | None = None,
        strict: bool = False,
    ) -> tuple[str, ...]:
        with pytest.raises(SettingsRefused) as refused:
            self.load(environ, config=config, env=env, strict=strict)
        return refused.value.problems

    def problem(self, environ: Mapping[str, str] | None = None, *, strict: bool = False) -> str:
        (only,) = self.problems(environ, strict=strict)
        return only
