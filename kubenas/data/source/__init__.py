"""Sources of labelled examples: images in folders, archives and arrays, and texts."""

from kubenas.data.source.example_source import (
    Content,
    Example,
    ExampleSource,
    Image,
    ReportProgress,
    SourceInfo,
)
from kubenas.data.source.names import is_control
from kubenas.data.source.opening import open_source
from kubenas.data.source.texts.columns import Columns

__all__ = [
    "Columns",
    "Content",
    "Example",
    "ExampleSource",
    "Image",
    "ReportProgress",
    "SourceInfo",
    "is_control",
    "open_source",
]
