"""The space ``cell``: networks of repeated cells, as in NAS-Bench-201 and in DARTS."""

from kubenas.spaces.cell.nasbench201.architecture_string import (
    architecture_of_values,
    values_of_architecture,
)

__all__ = ["architecture_of_values", "values_of_architecture"]
