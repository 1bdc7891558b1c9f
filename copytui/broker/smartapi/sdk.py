"""`SmartConnect`, imported quietly and offline (docs/smartapi.md, 1.2 and 1.6).

As released, the SDK's import asks a web service for this computer's address without a time-out, and its logger writes
headers and bodies (PIN, tokens, API key) to stderr and a file. This import prevents both.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import requests


def _no_network(*_args: object, **_kwargs: object) -> requests.Response:
    raise requests.ConnectionError("copytui imports the SDK without network")


def _silence() -> None:
    """Remove every handler of the SDK's logger and disable it; later `logzero.logfile` calls do not enable it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import logzero  # noqa: PLC0415  # its import puts a handler on stderr, removed in the next lines
    logger: logging.Logger = logzero.logger
    for handler in tuple(logger.handlers):
        logger.removeHandler(handler)
    logger.disabled = True


@contextmanager
def _quiet_and_offline() -> Iterator[None]:
    _silence()
    original, requests.get = requests.get, _no_network
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        requests.get = original


with _quiet_and_offline():
    from SmartApi.smartConnect import SmartConnect

__all__ = ["SmartConnect"]
