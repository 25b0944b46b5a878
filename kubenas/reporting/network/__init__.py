"""The drawing of a network."""

from kubenas.reporting.network.architecture import ARCHITECTURE_BYTES, Architecture
from kubenas.reporting.network.drawing import network_drawing

__all__ = [
    "ARCHITECTURE_BYTES",
    "Architecture",
    "network_drawing",
]
