"""`copytui check`: the address that each account's requests leave from, beside the registered one."""

from __future__ import annotations

import socket
import sys

import pytest

from copytui.sim import FaultName
from tests.program.test_endings import copytui
from tests.program.world import World

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs a second loopback address")


def settings(world: World, *followers: str, echo: str = "") -> None:
    """Write settings with an echo and a table for each follower."""
    tables = "".join(f"[followers.{number}]\n{text}\n" for number, text in enumerate(followers, start=1))
    world.settings(tables)
    toml = world.folder / "copytui.toml"
    echo = echo or f"{world.exchange.url}/_exchange/address"
    toml.write_text(toml.read_text().replace("[broker]\n", f'[broker]\naddress_echo_url = "{echo}"\n'))


OWN = tuple(f'source_address = "127.0.0.{end}"\nregistered_ip = "127.0.0.{end}"' for end in (2, 3, 4))


@linux
def test_addresses_that_are_the_registered_ones_are_shown_and_fine(world: World) -> None:
    settings(world, *OWN)
    result = copytui(world.folder, "check")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "registered" in result.stdout
    assert "warning" not in result.stdout
    for egress_ip in ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"):
        assert egress_ip in result.stdout


@linux
def test_a_follower_that_leaves_from_another_address_is_not_armed(world: World) -> None:
    settings(world, OWN[0], 'source_address = "127.0.0.3"\nregistered_ip = "203.0.113.7"', OWN[2])
    result = copytui(world.folder, "check")
    assert result.returncode == 1
    assert "Ravi: is not armed: its orders would leave from 127.0.0.3, registered is 203.0.113.7." in result.stdout, (
        result.stdout
    )
    assert result.stdout.count("not armed") == 1


@linux
def test_two_followers_that_share_an_address_are_a_warning_and_no_failure(world: World) -> None:
    settings(world, "", 'source_address = "127.0.0.3"', "")
    result = copytui(world.folder, "check")
    assert result.returncode == 0, result.stdout
    assert "warning: Asha and Meera leave from the same address, 127.0.0.1." in result.stdout


def test_an_echo_that_does_not_answer_is_shown_and_stops_nothing(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    settings(world, 'registered_ip = "203.0.113.7"', echo=f"http://127.0.0.1:{port}/ip")
    result = copytui(world.folder, "check")
    assert result.returncode == 0, result.stdout
    assert "warning: master: the egress IP is unknown" in result.stdout
    assert result.stdout.count("the egress IP is unknown") == 4
    assert "not armed" not in result.stdout


def test_a_log_in_that_fails_and_a_wrong_address_are_both_told(world: World) -> None:
    settings(world, 'registered_ip = "203.0.113.7"')
    world.exchange.exchange.faults.add(world.followers[0], "loginByPassword", FaultName.HTML_502, None)
    result = copytui(world.folder, "check")
    assert result.returncode == 1
    lines = [line for line in result.stdout.splitlines() if line.startswith("Asha: ")]
    assert len(lines) == 2
    assert "is not armed" in lines[1]


def test_without_an_echo_nobody_is_asked_and_nothing_is_compared(world: World) -> None:
    world.settings('[followers.1]\nregistered_ip = "203.0.113.7"\n')
    result = copytui(world.folder, "check")
    assert result.returncode == 0, result.stdout
    assert "warning: followers.1.registered_ip in copytui.toml is compared with nothing" in result.stdout
    assert "not armed" not in result.stdout
    assert "this machine" in result.stdout
