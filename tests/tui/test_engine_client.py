"""The screen's view of a running engine."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from copytui.bootstrap import Running
from copytui.cli.run import HostClient
from copytui.domain.changes import EventEmitted
from copytui.event_queue import EventQueue
from tests.tui import fake, snapshots


def test_warnings_of_the_settings_are_the_first_events_once() -> None:
    queue, late = EventQueue(), snapshots.an_event("logged in")
    queue.on_change(EventEmitted(late))
    settings = replace(fake.settings(), warnings=(".env can be read by others", "an option has no effect"))
    engine_client = HostClient(settings, cast("Running", SimpleNamespace(events=queue)), None)
    assert [event.text for event in engine_client.events()] == [*settings.warnings, late.text]
    assert engine_client.events() == []
