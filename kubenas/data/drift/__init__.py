"""Measurement of data drift between two data sets."""

from kubenas.data.drift.drift import DatasetSnapshot, Drift, measure_drift

__all__ = [
    "DatasetSnapshot",
    "Drift",
    "measure_drift",
]
