"""All figures side by side in one run, as a table and as JSON.

    python -m benchmarks [--rounds 20] [--followers 1 10 50 100 300] [--latency 0 0.03] [--json FILE]

Milliseconds from the byte of the master's order book that shows a trade to the last follower's answer: copytui, and
beside it the simplest copiers there can be (`benchmarks/rivals.py`). The ratio is to `raw`, the limit.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.fanout import ROOT, Figures, copytui_figures, referee, rival

MOST_ONE_BY_ONE = 100
"""With more followers the SDK one by one takes longer than anybody waits."""


def measure(followers: int, latency: float, rounds: int, root: Path) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    names = ["raw", "aiohttp", *(["sdk"] if followers <= MOST_ONE_BY_ONE else [])]
    for name in names:
        with referee(latency) as judge:
            found[name] = rival(name, judge, followers, min(rounds, 5) if name == "sdk" else rounds)
    with referee(latency) as judge:
        found["copytui"] = copytui_figures(judge, followers, rounds, root=root)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--followers", type=int, nargs="+", default=[1, 10, 50, 100, 300])
    parser.add_argument("--latency", type=float, nargs="+", default=[0.0, 0.03], help="seconds")
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout of copytui to measure")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = []
    print(
        f"{'latency':>8} {'followers':>9} {'copier':<8} {'median':>8} {'p95':>8} {'ratio':>6} {'threads':>7} {'MB':>4}"
    )
    for latency in options.latency:
        for followers in options.followers:
            found = measure(followers, latency, options.rounds, options.root)
            for name, figures in found.items():
                ratio = figures.median / found["raw"].median
                missing = f"  {figures.missing} not answered" if figures.missing else ""
                print(
                    f"{latency * 1000:>5.0f} ms {followers:>9} {name:<8} {figures.median:>8.1f} {figures.p95:>8.1f}"
                    f" {ratio:>6.2f} {figures.threads:>7} {figures.megabytes:>4}{missing}",
                    flush=True,
                )
                results.append({"latency": latency, "followers": followers, "copier": name, **asdict(figures)})
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
