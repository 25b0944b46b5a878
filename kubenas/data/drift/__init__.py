"""How a data set differs from an earlier one."""

from kubenas.data.drift.drift import Drift, Snapshot, measure_drift

__all__ = [
    "Drift",
    "Snapshot",
    "measure_drift",
]
