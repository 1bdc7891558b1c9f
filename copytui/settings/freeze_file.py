"""The exchange's file of freeze quantities, which `[freeze_quantities] file` names."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from copytui.domain.freeze import read_freeze_table
from copytui.domain.text import IST
from copytui.settings.model import FreezeFile
from copytui.settings.report import Report, Unreadable, read_text, shown
from copytui.settings.schema_limits import FREEZE_FILE
from copytui.settings.toml import Values

_OLD = timedelta(days=40)
"""The exchange publishes the quantities monthly."""
_MOST_WARNINGS = 3


def read_freeze_file(values: Values, folder: Path, report: Report) -> FreezeFile | None:
    """Read the file that the settings name, relative to `folder`; None where they name none or it cannot be used.

    A file that is missing or names no quantity is a problem, a line that says nothing only a warning.
    """
    named = values.get(FREEZE_FILE, "")
    if not named:
        return None
    path, where = folder / named, f"{FREEZE_FILE.path()} in {values.files[FREEZE_FILE.path()]}"
    try:
        text, changed = read_text(path), datetime.fromtimestamp(path.stat().st_mtime, IST)
    except FileNotFoundError:
        report.problem(f"{where}: there is no {path}")
        return None
    except (Unreadable, OSError) as error:
        report.problem(f"{where}: {error}" if isinstance(error, Unreadable) else f"{where} cannot be read: {path}")
        return None
    table = read_freeze_table(text)
    if not table.quantities:
        report.problem(
            f"{where}: {path.name} names no freeze quantity; it must have the columns SYMBOL and VOL_FRZ_QTY"
        )
        return None
    for number, line in table.bad_lines[:_MOST_WARNINGS]:
        report.warn(f"line {number} of {path.name} names no freeze quantity and was left out: {shown(line)}")
    if (others := len(table.bad_lines) - _MOST_WARNINGS) > 0:
        report.warn(f"{others} more lines of {path.name} name no freeze quantity and were left out")
    if datetime.now(IST) - changed > _OLD:
        report.warn(f"{path.name} is of {changed:%d %b %Y}: the exchange publishes freeze quantities monthly")
    return FreezeFile(path.name, changed.date(), table.quantities)
