"""No secret of `.env` and no token in any file or output, whatever goes wrong (invariant 8)."""

from __future__ import annotations

import re
from pathlib import Path

from copytui.sim import FaultName
from tests.program.test_endings import copytui
from tests.program.world import World, wait_until

PROXY_PASSWORD = "canary-proxy-password"


def secrets_of(world: World) -> list[re.Pattern[str]]:
    exchange = world.exchange.exchange
    texts = [PROXY_PASSWORD, "eyJ"]  # every token of the exchange is a JWT
    for account in (exchange.master, *exchange.followers):
        texts += [account.api_key, account.totp_secret]
    found = [re.compile(re.escape(text)) for text in texts]
    # A PIN has four digits, so only where it stands alone can it be told from a price.
    return found + [
        re.compile(rf"(?<![\d.\w]){account.pin}(?![\d.\w])") for account in (exchange.master, *exchange.followers)
    ]


def assert_no_secret(world: World, texts: dict[str, str]) -> None:
    for where, text in texts.items():
        for secret in secrets_of(world):
            assert not secret.search(text), f"a secret stands in {where}"


def everything_written(folder: Path) -> dict[str, str]:
    return {
        str(path): path.read_bytes().decode("utf-8", "replace")
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".env"
    }


def test_no_secret_in_any_file_or_output_over_log_ins_faults_and_ends(world: World) -> None:
    faults = world.exchange.exchange.faults
    master = world.exchange.exchange.master.client_id
    first, second, third = world.followers
    faults.add(first, "loginByPassword", FaultName.HTML_502)
    faults.add(second, "loginByPassword", FaultName.RESET_AFTER)
    faults.add(third, "getProfile", FaultName.NULL_DATA)
    program = world.start("--live", "--yes", "--json")
    program.wait_for("first poll of the day")
    for fault in (FaultName.HTML_502, FaultName.RESET_BEFORE, FaultName.GARBAGE_ROWS, FaultName.NOT_JSON_LIST):
        faults.add(master, "getOrderBook", fault)
    order = world.order()
    wait_until(lambda: third in world.records(order) and world.records(order)[third]["status"] == "filled", "a fill")
    for fault in (FaultName.RESET_AFTER, FaultName.STRING_FALSE, FaultName.REFUSED, FaultName.UNREGISTERED_IP):
        faults.add(third, "placeOrder", fault)
    refused = world.order("INFY-EQ")
    wait_until(lambda: third in world.records(refused), "a copy")
    assert program.stop() == 0
    assert_no_secret(world, everything_written(world.folder))


def test_no_secret_in_what_check_says_of_broken_accounts(world: World) -> None:
    env = world.folder / ".env"
    env.write_text(f"{env.read_text()}\nFOLLOWER_1_PROXY=http://user:{PROXY_PASSWORD}@127.0.0.1:9\n", encoding="utf-8")
    faults = world.exchange.exchange.faults
    faults.add(world.followers[1], "loginByPassword", FaultName.BAD_TOTP, None)
    faults.add(world.followers[2], "getRMS", FaultName.HTML_502, None)
    result = copytui(world.folder, "check")
    assert result.returncode == 1
    assert_no_secret(world, {"check": result.stdout + result.stderr})


def test_no_secret_in_what_wrong_settings_are_told(world: World) -> None:
    env = world.folder / ".env"
    secret = world.exchange.exchange.master.totp_secret
    env.write_text(env.read_text().replace(f"\nTOTP_SECRET={secret}", f"\nTOTP_SECRET={secret}!1"), encoding="utf-8")
    result = copytui(world.folder, "run", "--headless")
    assert result.returncode == 2
    assert "TOTP_SECRET" in result.stderr
    assert_no_secret(world, {"run": result.stdout + result.stderr})
