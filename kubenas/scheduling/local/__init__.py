"""A runner that starts attempts as processes on this machine."""

from kubenas.scheduling.local.runner import LocalRunner

__all__ = [
    "LocalRunner",
]
