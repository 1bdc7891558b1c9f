"""The day's instrument list: loaded once over HTTP, stored in a folder, shared by processes, never blocking."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psutil
import pytest
from filelock import FileLock
from urllib3 import Timeout

from copytui.broker.instruments import cache
from copytui.broker.instruments import list as instrument_list
from copytui.broker.instruments.list import Instrument, InstrumentList
from copytui.domain.contracts import Contract, Right
from copytui.domain.orders import Exchange
from copytui.domain.text import IST
from copytui.sim import ExchangeOptions, serve_in_thread
from tests.broker.loopback import Ending, Loopback, Reply, Request, http
from tests.broker.test_instrument_rows import scrip
from tests.sim.helpers import QUIET

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=IST)
SBIN = Instrument(Exchange.NSE, "SBIN-EQ", "3045", 1, Decimal("0.05"))


class Days:
    """A manual clock and a list that changes with it."""

    def __init__(self) -> None:
        self.now = MONDAY
        self.reply: Callable[[Request], Reply] = lambda _request: http([scrip()])

    def __call__(self) -> datetime:
        return self.now

    def answer(self, request: Request) -> Reply:
        return self.reply(request)

    def next_day(self) -> None:
        self.now += timedelta(days=1)


@pytest.fixture
def days() -> Days:
    return Days()


async def loaded(url: str, folder: Path, days: Days) -> InstrumentList:
    made = InstrumentList(url, folder, now=days)
    await made.refresh()
    return made


def files(folder: Path) -> list[str]:
    return sorted(path.name.split("-")[-1] for path in folder.glob("*") if path.suffix != ".lock")


def damage(folder: Path) -> None:
    (path,) = folder.glob("*.sqlite3")
    path.write_bytes(b"not SQLite at all")


async def test_the_list_says_which_contract_a_symbol_is(tmp_path: Path, days: Days) -> None:
    option = scrip(
        symbol="SENSEX26DEC85000CE", exch_seg="BFO", name="SENSEX", expiry="31DEC2026", strike="8500000.000000",
        instrumenttype="OPTIDX",
    )  # fmt: skip
    days.reply = lambda _request: http([option])
    with Loopback(days.answer) as server:
        listed = await loaded(f"{server.url}/list.json", tmp_path, days)
        found = listed.find(Exchange.BFO, "SENSEX26DEC85000CE")
        assert found is not None
        assert found.contract == Contract("SENSEX", date(2026, 12, 31), Decimal(85000), Right.CE)
        listed.close()


async def test_the_list_says_which_shares_have_derivatives(tmp_path: Path, days: Days) -> None:
    def contract(exchange: str, symbol: str, name: str) -> dict[str, object]:
        return scrip(exch_seg=exchange, symbol=symbol, name=name, expiry="31DEC2026", instrumenttype="FUTSTK")

    days.reply = lambda _request: http(
        [
            scrip(),
            contract("NFO", "SBIN31DEC26FUT", "SBIN"),
            contract("NFO", "SBICARD31DEC26FUT", "SBICARD"),
            contract("BFO", "BAJAJ-AUTO26DECFUT", "BAJAJ-AUTO"),
        ]
    )
    with Loopback(days.answer) as server:
        listed = InstrumentList(f"{server.url}/list.json", tmp_path, now=days)
        assert listed.has_derivatives("SBIN-EQ") is None
        await listed.refresh()
        shares = ("SBIN-EQ", "sbin-BE", "SBIN", "BAJAJ-AUTO-EQ", "SBI-EQ", "INFY-EQ")
        assert [listed.has_derivatives(share) for share in shares] == [True, True, True, True, False, False]
        days.next_day()
        days.reply = lambda _request: http([scrip()])
        await listed.refresh()
        assert listed.has_derivatives("SBIN-EQ") is False
        listed.close()
        assert listed.has_derivatives("SBIN-EQ") is None


async def test_the_list_is_loaded_once_per_day_and_old_ones_are_removed(tmp_path: Path, days: Days) -> None:
    folder = tmp_path / "not" / "there yet"
    with Loopback(days.answer) as server:
        listed = InstrumentList(f"{server.url}/list.json", folder, now=days)
        assert (listed.ready, listed.day, listed.trouble, listed.find(Exchange.NSE, "SBIN-EQ")) == (
            False,
            None,
            None,
            None,
        )
        await asyncio.gather(listed.refresh(), listed.refresh())
        assert (listed.ready, listed.day, listed.trouble) == (True, date(2026, 11, 23), None)
        assert listed.find(Exchange.NSE, "SBIN-EQ") == SBIN
        assert listed.find(Exchange.BSE, "SBIN-EQ") is None
        await listed.refresh()
        assert len(server.requests) == 1
        days.next_day()
        days.reply = lambda _request: http([scrip(token="9999")])
        await listed.refresh()
        found = listed.find(Exchange.NSE, "SBIN-EQ")
        assert found is not None
        assert (found.token, listed.day) == ("9999", date(2026, 11, 24))
        assert files(folder) == ["20261124.sqlite3"]
        listed.close()
        assert not listed.ready
        assert listed.find(Exchange.NSE, "SBIN-EQ") is None
        await listed.refresh()
        assert len(server.requests) == 2


async def test_a_second_start_on_the_same_day_loads_nothing(tmp_path: Path, days: Days) -> None:
    with Loopback(days.answer) as server:
        url = server.url
        (await loaded(url, tmp_path, days)).close()
    again = await loaded(url, tmp_path, days)
    assert (again.find(Exchange.NSE, "SBIN-EQ"), again.trouble) == (SBIN, None)
    again.close()


BROKEN: dict[str, Reply] = {
    "unavailable": http(b"", 503),
    "a web page, 502": http(b"<html>Bad gateway</html>", 502),
    "a web page, 200": http(b"<html>Request Rejected</html>"),
    "empty": http(b"[]"),
    "half a list": http(json.dumps([scrip()] * 50)[:-9]),
    "cut off": b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + json.dumps([scrip()] * 50).encode(),
    "cut off, chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[null\r\n",
    "no gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    "reset": Ending.RESET,
    "closed": Ending.CLOSE,
    "silent": Ending.SILENCE,
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_broken_list_leaves_yesterdays_in_use_and_is_reported(
    tmp_path: Path, days: Days, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(cache, "_TIMEOUT", Timeout(connect=1, read=1))
    with Loopback(days.answer) as server:
        url = f"{server.url}/list.json?key=SECRET"
        listed = await loaded(url, tmp_path, days)
        days.next_day()
        days.reply = lambda _request: BROKEN[how]
        refreshing = asyncio.create_task(listed.refresh())
        while not refreshing.done():
            await asyncio.sleep(0.1)
            if how.startswith("cut off"):
                server.drop_connections()
        assert listed.trouble is not None
        assert "the list of 23-Nov-2026 is used" in listed.trouble
        assert "SECRET" not in listed.trouble
        assert (listed.day, listed.find(Exchange.NSE, "SBIN-EQ")) == (date(2026, 11, 23), SBIN)
        assert files(tmp_path) == ["20261123.sqlite3"]
        listed.close()
        restarted = await loaded(url, tmp_path, days)
        assert (restarted.day, restarted.find(Exchange.NSE, "SBIN-EQ")) == (date(2026, 11, 23), SBIN)
        days.reply = lambda _request: http([scrip(token="2")])
        await restarted.refresh()
        assert (restarted.day, restarted.trouble) == (date(2026, 11, 24), None)
        restarted.close()


async def test_without_a_list_nothing_is_known_and_the_reason_is_reported(tmp_path: Path, days: Days) -> None:
    with Loopback() as server:
        url = server.url
    listed = await loaded(url, tmp_path, days)
    assert listed.trouble is not None
    assert "there is no list" in listed.trouble
    assert not listed.ready
    nothing = await loaded("", tmp_path, days)
    assert (nothing.trouble, nothing.ready, nothing.find(Exchange.NSE, "SBIN-EQ")) == (None, False, None)


async def test_an_unusable_folder_is_reported(tmp_path: Path, days: Days) -> None:
    (tmp_path / "file").write_text("in the way")
    with Loopback(days.answer) as server:
        listed = await loaded(server.url, tmp_path / "file", days)
    assert listed.trouble is not None
    assert "cache folder" in listed.trouble
    assert not listed.ready


async def test_a_damaged_list_of_today_is_loaded_again(tmp_path: Path, days: Days) -> None:
    with Loopback(days.answer) as server:
        (await loaded(server.url, tmp_path, days)).close()
        damage(tmp_path)
        listed = await loaded(server.url, tmp_path, days)
        assert (listed.find(Exchange.NSE, "SBIN-EQ"), listed.trouble) == (SBIN, None)
        assert len(server.requests) == 2
        listed.close()


async def test_lists_of_two_sources_are_stored_side_by_side(tmp_path: Path, days: Days) -> None:
    with (
        Loopback(lambda _request: http([scrip(token="7")])) as demo,
        Loopback(days.answer) as real,
    ):
        one = await loaded(real.url, tmp_path, days)
        days.next_day()
        other = await loaded(demo.url, tmp_path, days)
        assert files(tmp_path) == ["20261123.sqlite3", "20261124.sqlite3"]
        assert one.find(Exchange.NSE, "SBIN-EQ") == SBIN
        days.now += timedelta(days=8)
        await other.refresh()
        assert files(tmp_path) == ["20261202.sqlite3"]
        one.close()
        other.close()


async def test_two_processes_load_the_list_once(tmp_path: Path, days: Days) -> None:
    def slowly(_request: Request) -> Reply:
        time.sleep(0.3)
        return http([scrip()])

    days.reply = slowly
    with Loopback(days.answer) as server:
        both = await asyncio.gather(*(loaded(server.url, tmp_path, days) for _ in range(2)))
        assert [listed.find(Exchange.NSE, "SBIN-EQ") for listed in both] == [SBIN, SBIN]
        assert len(server.requests) == 1
    for listed in both:
        listed.close()


PROGRAM = """
import asyncio, sys
from pathlib import Path
from copytui.broker.instruments.list import InstrumentList
from copytui.domain.orders import Exchange

async def main():
    listed = InstrumentList(sys.argv[1], Path(sys.argv[2]))
    await listed.refresh()
    print(listed.find(Exchange.NSE, "SBIN-EQ"), listed.trouble)

asyncio.run(main())
"""


async def test_a_process_that_dies_while_loading_blocks_no_other(tmp_path: Path) -> None:
    arrived = threading.Event()

    def hang(_request: Request) -> Reply:
        arrived.set()
        return Ending.SILENCE

    def answer(request: Request) -> Reply:
        return http([scrip()]) if arrived.is_set() else hang(request)

    with Loopback(answer) as server:
        arguments = [sys.executable, "-c", PROGRAM, server.url, str(tmp_path)]
        dying = await asyncio.create_subprocess_exec(*arguments)
        assert await asyncio.to_thread(arrived.wait, 20)
        assert files(tmp_path)
        dying.kill()
        await dying.wait()
        listed = InstrumentList(server.url, tmp_path)
        await listed.refresh()
        assert (listed.find(Exchange.NSE, "SBIN-EQ"), listed.trouble) == (SBIN, None)
        assert len(files(tmp_path)) == 1
        listed.close()


async def test_a_lock_that_is_never_released_is_reported(
    tmp_path: Path, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_MAX_SECONDS", 0.3)
    with FileLock(tmp_path / "instruments.lock"):
        listed = await loaded("http://127.0.0.1:9/", tmp_path, days)
    assert listed.trouble is not None
    assert "another process" in listed.trouble


async def test_closing_does_not_wait_for_a_hanging_download(tmp_path: Path, days: Days) -> None:
    arrived = threading.Event()

    def hang(_request: Request) -> Reply:
        arrived.set()
        return Ending.SILENCE

    days.reply = hang
    with Loopback(days.answer) as server:
        listed = InstrumentList(server.url, tmp_path, now=days)
        running = asyncio.create_task(listed.run())
        assert await asyncio.to_thread(arrived.wait, 5)
        begun = time.perf_counter()
        running.cancel()
        listed.close()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert time.perf_counter() - begun < 0.5


async def test_it_retries_after_a_failure(tmp_path: Path, days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instrument_list, "_RETRY_SECONDS", (0.05,))
    replies = [http(b"", 503), http(b"", 503)]
    with Loopback(lambda _request: replies.pop() if replies else http([scrip()])) as server:
        listed = InstrumentList(server.url, tmp_path, now=days)
        running = asyncio.create_task(listed.run())
        for _ in range(200):
            await asyncio.sleep(0.02)
            if listed.ready:
                break
        assert (listed.ready, listed.trouble, len(server.requests)) == (True, None, 3)
        running.cancel()
        listed.close()


async def test_the_download_is_compressed_if_the_server_can(tmp_path: Path, days: Days) -> None:
    packed = gzip.compress(json.dumps([scrip()]).encode())
    with Loopback(lambda _request: http(packed, 200, "Content-Encoding: gzip")) as server:
        listed = await loaded(server.url, tmp_path, days)
        assert listed.find(Exchange.NSE, "SBIN-EQ") == SBIN
        assert server.requests[0].headers["accept-encoding"] == "gzip"
        listed.close()


async def test_the_embedded_exchanges_list_is_readable(tmp_path: Path) -> None:
    with serve_in_thread(ExchangeOptions(**QUIET)) as exchange:
        listed = InstrumentList(f"{exchange.url}/OpenAPI_File/files/OpenAPIScripMaster.json", tmp_path)
        await listed.refresh()
        assert listed.trouble is None
        for known in exchange.exchange.market.instruments:
            found = listed.find(Exchange(known.exchange), known.symbol)
            assert found is not None
            assert (found.token, found.lot_size, found.tick) == (known.token, known.lot, Decimal(known.tick) / 100)
        listed.close()


async def test_two_hundred_thousand_rows_take_little_memory_and_never_block_the_loop(
    tmp_path: Path, days: Days
) -> None:
    rows = ",".join(json.dumps(scrip(symbol=f"NIFTY{n:06d}CE", token=str(n), exch_seg="NFO")) for n in range(200_000))
    size = (tmp_path / "list.json").write_text(f"[{rows}]")
    del rows
    serving = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert serving.stdout is not None
        port = (await serving.stdout.readline()).decode().split("port ")[1].split()[0]
        listed = InstrumentList(f"http://127.0.0.1:{port}/list.json", tmp_path / "cache", now=days)
        process = psutil.Process()
        before = most = process.memory_info().rss
        lags: list[float] = []
        task = asyncio.create_task(listed.refresh())
        while not task.done():
            begun = time.perf_counter()
            await asyncio.sleep(0.01)
            lags.append(time.perf_counter() - begun - 0.01)
            most = max(most, process.memory_info().rss)
    finally:
        serving.terminate()
        await serving.wait()
    assert listed.trouble is None
    assert size > 25_000_000
    assert most - before < 30_000_000
    assert sorted(lags)[len(lags) * 9 // 10] < 0.05
    begun = time.perf_counter()
    assert all(listed.find(Exchange.NFO, f"NIFTY{n:06d}CE") is not None for n in range(0, 200_000, 100))
    assert (time.perf_counter() - begun) / 2000 < 0.0005
    listed.close()
