"""Sources of labelled examples: image folders, archives and arrays."""

from kubenas.data.source.example_source import (
    Example,
    ExampleSource,
    Image,
    ReportProgress,
    SourceInfo,
)
from kubenas.data.source.opening import open_source

__all__ = [
    "Example",
    "ExampleSource",
    "Image",
    "ReportProgress",
    "SourceInfo",
    "open_source",
]
