"""The exchange as a program of its own: `copytui exchange`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from copytui.sim.flags import FaultFlag, switch_on
from copytui.sim.options import ExchangeOptions
from copytui.sim.running import serve_in_thread

_LOOK_EVERY = 0.5


def run_exchange(
    options: ExchangeOptions,
    *,
    out: Callable[[str], None],
    stop: threading.Event,
    faults: Sequence[FaultFlag] = (),
) -> None:
    """Serve until `stop` is set; first tell the url and the `.env` text of the accounts."""
    with serve_in_thread(options) as running:
        switch_on(running.exchange, list(faults))
        out(f'# An exchange on this machine. In copytui.toml:  [broker]  root_url = "{running.url}"')
        out(running.env_text())
        while not stop.is_set():
            time.sleep(_LOOK_EVERY)  # no `wait`: the signal's handler needs its lock in this same thread
