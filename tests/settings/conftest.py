from __future__ import annotations

from pathlib import Path

import pytest

from .folders import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.env()
    return made
