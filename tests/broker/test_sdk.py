from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

IMPORT = """
import socket
def refuse(*a, **k): raise AssertionError("network at import")
socket.getaddrinfo = socket.socket.connect = socket.gethostbyname = refuse
import requests
before = requests.get
from copytui.broker.smartapi.sdk import SmartConnect
import logzero
assert requests.get is before
logzero.logger.error("CANARY")
SmartConnect(api_key="CANARY")
logzero.logger.error("CANARY")
"""


ROOT = Path(__file__).parents[2]


def run(code: str, folder: Path, warnings: str = "error") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-W", warnings, "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)  # noqa: S603  # our own


def test_the_sdk_is_imported_without_network_output_or_warnings(tmp_path: Path) -> None:
    code = IMPORT.split("SmartConnect(api_key", maxsplit=1)[0]
    done = run(code, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert not list(tmp_path.iterdir())


def test_its_logger_stays_silent_even_when_its_own_constructor_runs(tmp_path: Path) -> None:
    done = run(IMPORT, tmp_path, warnings="ignore")
    assert (done.returncode, done.stderr) == (0, b"")
    assert all(b"CANARY" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
