"""Settings and fixtures for all tests."""

from __future__ import annotations

import compileall
import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path

import pytest
from _pytest.unraisableexception import gc_collect_iterations_key
from hypothesis import HealthCheck, settings

# Reproducible on a busy machine too: always the same examples, and no limit on their time.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

# Each app that a test starts leaves much garbage. Collecting it less often saves a fifth of the suite's time.
_DEFAULT_THRESHOLDS = gc.get_threshold()
gc.set_threshold(100_000, 20, 100)

_WAITING = ("program", "past", "test_soak.py", "test_crashes.py")
"""Folders and files whose few tests are long and mostly wait. Started last, they would hold up the whole run."""

_WORKERS_PER_CORE = 2


def pytest_configure(config: pytest.Config) -> None:
    """Compile what all workers import, and spare each of them collections of garbage: 0.6 s each.

    pytest looks five times for errors in finalizers at the end; two find them all.
    """
    config.stash[gc_collect_iterations_key] = 2
    if not hasattr(config, "workerinput"):
        _compile_once(config)


def _compile_once(config: pytest.Config) -> None:
    """Compile the program before the workers start, so that neither they nor the programs they start do it each anew.

    Where Python must not write bytecode into the tree, it goes to a folder that lasts as long as the run.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        folder = tempfile.TemporaryDirectory(prefix="copytui-bytecode-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = folder.name
    compileall.compile_dir(Path(__file__).parents[1] / "copytui", quiet=2)


def pytest_xdist_auto_num_workers() -> int | None:
    """Return the workers of `-n auto`, unless the environment sets them.

    xdist's own choice is one per core; more keep the cores busy while the tests of the whole program wait.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return _WORKERS_PER_CORE * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Alternate files that wait with files that compute, the largest of each kind first."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    largest_first = sorted(files, key=lambda path: len(files[path]), reverse=True)
    waiting = [path for path in largest_first if any(part in _WAITING for part in path.parts)]
    computing = [path for path in largest_first if path not in waiting]
    order = [path for pair in zip_longest(waiting, computing) for path in pair if path is not None]
    items[:] = chain.from_iterable(files[path] for path in order)


@pytest.fixture
def garbage_as_in_the_program() -> Iterator[None]:
    """Collect garbage as often as Python does by default, for the tests of the collections."""
    changed = gc.get_threshold()
    gc.set_threshold(*_DEFAULT_THRESHOLDS)
    yield
    gc.set_threshold(*changed)
