"""The digest that identifies a data set, computed before any example is decoded."""

import hashlib
import json
from collections.abc import Iterator

from kubenas.config import DataConfig
from kubenas.data.dataset.schema import KindName, task_of
from kubenas.data.source import ExampleSource, ReportProgress

FORMAT_VERSION = 2
"""Increment whenever the same source and config give another prepared data set than before."""

_REPORT_BYTES = 64 << 20


def dataset_digest(
    source: ExampleSource, config: DataConfig, report: ReportProgress | None = None
) -> str:
    """Returns 12 hexadecimal digits that identify the prepared data set.

    The digest covers the content of the source, the data config and the format version. It does
    not cover the location of the source.
    """
    digest = hashlib.sha256(_encode_settings(config, source.kind))
    for piece in _with_progress(source.content(), report):
        digest.update(piece)
    return digest.hexdigest()[:12]


def _encode_settings(config: DataConfig, kind: KindName) -> bytes:
    """Encodes the settings. Columns count only if they are named: earlier versions had none."""
    settings = config.model_dump(mode="json", exclude={"source", "target", "features"})
    settings["task"] = task_of(kind)
    columns = [config.target, config.features] if config.target or config.features else []
    return json.dumps([FORMAT_VERSION, settings, *columns], sort_keys=True).encode()


def _with_progress(pieces: Iterator[bytes], report: ReportProgress | None) -> Iterator[bytes]:
    done = reported = 0
    for piece in pieces:
        yield piece
        done += len(piece)
        if report and done - reported >= _REPORT_BYTES:
            reported = done
            report("hashing bytes of the source", done, None)
