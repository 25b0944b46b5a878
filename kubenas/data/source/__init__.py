"""Sources of labelled examples: image folders, archives and arrays."""

from kubenas.data.source.example_source import (
    Example,
    ExampleSource,
    Image,
    ReportProgress,
    SourceInfo,
)
from kubenas.data.source.npy_stream import NPY_READ_ERRORS, read_npy, read_npy_header
from kubenas.data.source.opening import open_source

__all__ = [
    "NPY_READ_ERRORS",
    "Example",
    "ExampleSource",
    "Image",
    "ReportProgress",
    "SourceInfo",
    "open_source",
    "read_npy",
    "read_npy_header",
]
