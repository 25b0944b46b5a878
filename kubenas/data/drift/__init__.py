"""How a data set differs from an earlier one."""

from kubenas.data.drift.drift import DatasetSnapshot, Drift, measure_drift

__all__ = [
    "Drift",
    "DatasetSnapshot",
    "measure_drift",
]
