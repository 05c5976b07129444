"""What the board makes of a folder, as plain values: in this process, and in one that has plain Python only.

``python -m tests.board.robustness_reading`` reads paths, one a line, and answers each with a line of JSON.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import board
from board.model import Kind

__all__ = ["Build", "Case", "look"]

Build = Callable[[Path], None]  # makes files below a folder


@dataclass(frozen=True)
class Case:
    """One bad input. Series are named by their tag, those that are no scalars ``tag (kind)``."""

    number: int
    name: str
    build: Build
    kept: Mapping[str, list[int]] = field(default_factory=dict)  # series -> steps of its points, superseded ones too
    problems: Mapping[str, int] = field(default_factory=dict)  # code -> how many places
    hidden: Mapping[str, list[int]] = field(default_factory=dict)  # series -> steps of its superseded points
    senseless: frozenset[str] = frozenset()  # series with values that are one clear error to ask for
    runs: tuple[str, ...] = ("run",)

    @property
    def expected(self) -> dict[str, Any]:
        """What ``look`` should find."""
        return {
            "runs": sorted(self.runs),
            "kept": dict(self.kept),
            "problems": dict(self.problems),
            "hidden": dict(self.hidden),
            "senseless": sorted(self.senseless),
            "wrong": [],
        }


def look(folder: str | Path) -> dict[str, Any]:
    """Read a logdir and everything in it. Points of "loss" have their step as value: others are ``wrong``."""
    kept: dict[str, list[int]] = {}
    hidden: dict[str, list[int]] = {}
    senseless = set()
    wrong = []
    with board.open(folder, cache=False) as logs:
        for name in logs.runs:
            run = logs[name]
            for tag, scalars in run.scalars.items():
                kept.setdefault(tag, []).extend(scalars.step.tolist())
                if scalars.superseded.any():
                    hidden[tag] = scalars.step[scalars.superseded].tolist()
                if tag == "loss":
                    wrong += scalars.value[scalars.value != scalars.step].tolist()
            for kind in Kind:
                for tag, blobs in run.blobs(kind).items() if kind is not Kind.SCALAR else ():
                    series = f"{tag} ({kind})"
                    kept.setdefault(series, []).extend(blob.step for blob in blobs)
                    for blob in blobs:
                        try:
                            _ = logs.graph(name, tag, blob.ref) if kind is Kind.GRAPH else blob.value
                        except board.BoardError:
                            senseless.add(series)
        counts: Counter[str] = Counter()
        for problem in logs.problems:
            counts[problem.code] += problem.count
        runs = sorted(logs.runs)
    return {
        "runs": runs,
        "kept": kept,
        "problems": dict(counts),
        "hidden": hidden,
        "senseless": sorted(senseless),
        "wrong": wrong,
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(look(json.loads(line))), flush=True)
