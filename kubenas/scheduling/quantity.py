"""Parsing and scaling of Kubernetes quantities such as 500m, 2 and 4Gi. Pure."""

import math
from fractions import Fraction

_DECIMAL = {"m": Fraction(1, 1000), "": Fraction(1)}
_UNITS = {
    **_DECIMAL,
    **{unit: Fraction(1000) ** power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Fraction(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}


def scale_quantity(quantity: str, factor: float) -> str:
    """Multiplies ``quantity`` by ``factor`` and rounds up to whole base units.

    A factor of 1 returns ``quantity`` unchanged.
    """
    if factor == 1:
        return quantity
    return str(math.ceil(parse_quantity(quantity) * Fraction(factor)))


def parse_quantity(quantity: str) -> Fraction:
    """Converts ``quantity`` to base units: bytes or cores."""
    number = quantity.rstrip("mkMGTPEKi")
    return Fraction(number) * _UNITS[quantity[len(number) :]]
