"""Today's session over a restart: proven by a read, unreadable without the account's secrets, dropped when refused."""

from __future__ import annotations

import stat
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from copytui.domain.errors import BrokerTrouble, SessionExpired
from copytui.settings.model import Secret
from tests.broker.conftest import HeldTime, MakeAccount, Script
from tests.broker.loopback import Loopback, gateway_no, no, ok
from tests.broker.samples import CREDENTIALS, JWT, REFRESH


def kept_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*")) if folder.exists() else []


async def test_a_second_start_takes_up_the_session_and_does_not_log_in(
    make_account: MakeAccount, server: Loopback, tmp_path: Path
) -> None:
    await make_account(sessions_folder=tmp_path).log_in()
    second = make_account(sessions_folder=tmp_path)
    profile = await second.log_in()
    assert server.paths() == ["loginByPassword", "getProfile", "getProfile"]
    assert profile.name == "ASHA"
    assert second.logged_in
    await second.order_book()
    assert server.requests[-1].headers["authorization"] == f"Bearer {JWT}"


async def test_the_file_holds_no_secret_and_only_the_user_reads_it(make_account: MakeAccount, tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    await make_account(sessions_folder=folder).log_in()
    (file,) = kept_files(folder)
    assert JWT.encode() not in file.read_bytes()
    assert REFRESH.encode() not in file.read_bytes()
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("changed", ["pin", "api_key", "totp_secret"])
async def test_other_secrets_in_env_do_not_open_it(
    make_account: MakeAccount, server: Loopback, tmp_path: Path, changed: str
) -> None:
    await make_account(sessions_folder=tmp_path).log_in()
    other = replace(CREDENTIALS, **{changed: Secret("JBSWY3DPEHPK3PXP")})  # type: ignore[arg-type]  # one of the secrets
    await make_account(sessions_folder=tmp_path, credentials=other).log_in()
    assert server.paths().count("loginByPassword") == 2


async def test_a_session_of_yesterday_is_not_used(
    make_account: MakeAccount, server: Loopback, held: HeldTime, tmp_path: Path
) -> None:
    await make_account(sessions_folder=tmp_path).log_in()
    held.elapsed += timedelta(days=1).total_seconds()
    await make_account(sessions_folder=tmp_path).log_in()
    assert server.paths().count("loginByPassword") == 2


async def test_a_kept_session_that_the_broker_refuses_is_replaced_by_a_login(
    make_account: MakeAccount, script: Script, server: Loopback, tmp_path: Path
) -> None:
    await make_account(sessions_folder=tmp_path).log_in()
    script.on("getProfile", gateway_no("AG8001"), ok({"name": "ASHA"}))
    account = make_account(sessions_folder=tmp_path)
    await account.log_in()
    assert account.logged_in
    assert server.paths()[2:] == ["getProfile", "loginByPassword", "getProfile"]
    assert "authorization" not in server.requests[3].headers


async def test_an_answer_that_proves_nothing_keeps_the_session_for_the_next_try(
    make_account: MakeAccount, script: Script, server: Loopback, tmp_path: Path
) -> None:
    await make_account(sessions_folder=tmp_path).log_in()
    script.on("getProfile", no("AB2001"), ok({"name": "ASHA"}))
    account = make_account(sessions_folder=tmp_path)
    with pytest.raises(BrokerTrouble):
        await account.log_in()
    assert not account.logged_in
    await account.log_in()
    assert server.paths().count("loginByPassword") == 1


async def test_a_refusal_and_a_logout_drop_it(
    make_account: MakeAccount, script: Script, server: Loopback, tmp_path: Path
) -> None:
    account = make_account(sessions_folder=tmp_path)
    await account.log_in()
    script.on("getRMS", gateway_no("AG8001"))
    with pytest.raises(SessionExpired):
        await account.funds()
    await account.log_in()
    assert server.paths().count("loginByPassword") == 2
    await account.log_out()
    await account.close()
    assert kept_files(tmp_path) == []


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x00" * 500])
async def test_a_damaged_file_means_a_login(
    make_account: MakeAccount, server: Loopback, tmp_path: Path, junk: bytes
) -> None:
    await make_account(sessions_folder=tmp_path).log_in()
    kept_files(tmp_path)[0].write_bytes(junk)
    await make_account(sessions_folder=tmp_path).log_in()
    assert server.paths().count("loginByPassword") == 2


async def test_a_folder_that_cannot_be_written_is_no_trouble(make_account: MakeAccount, tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("a file where the folder should be")
    account = make_account(sessions_folder=tmp_path / "sessions")
    await account.log_in()
    assert account.logged_in
