"""The promotion gate, which decides whether a challenger replaces the champion."""

from kubenas.serving.gate.gate import (
    Challenger,
    Decision,
    EvaluatedChampion,
    Ground,
    NoComparison,
    Verdict,
    decide,
)
from kubenas.serving.gate.paired import compare

__all__ = [
    "Challenger",
    "Decision",
    "EvaluatedChampion",
    "Ground",
    "NoComparison",
    "Verdict",
    "compare",
    "decide",
]
