"""The network drawing of a report."""

from kubenas.reporting.network.architecture import ARCHITECTURE_BYTES, Architecture
from kubenas.reporting.network.drawing import draw_network

__all__ = [
    "ARCHITECTURE_BYTES",
    "Architecture",
    "draw_network",
]
