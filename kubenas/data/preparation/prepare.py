"""Prepares a data set: reads, checks and splits the examples, and writes shards and metadata."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import numpy as np

from kubenas.config import DataConfig
from kubenas.data.dataset.card import CARD_FILE, CONTACT_SHEET_FILE, DataCard
from kubenas.data.dataset.example_index import write_example_index
from kubenas.data.dataset.latest import record_latest_dataset
from kubenas.data.dataset.schema import (
    SCHEMA_FILE,
    SPLITS,
    DataSchema,
    Normalization,
    SplitName,
    read_schema,
)
from kubenas.data.preparation.contact_sheet import ContactSheet
from kubenas.data.preparation.digest import dataset_digest
from kubenas.data.preparation.duplicates import DuplicateReport, find_duplicates
from kubenas.data.preparation.example_buffer import BufferedSplit, ExampleBuffer
from kubenas.data.preparation.mirroring import MAX_IMAGES, keeps_class_when_mirrored, shrink
from kubenas.data.preparation.moments import ChannelMoments
from kubenas.data.preparation.resize import convert_image
from kubenas.data.preparation.size_checks import (
    check_source_size,
    check_splits,
    imbalance,
    leak_warnings,
    split_notes,
    split_warnings,
)
from kubenas.data.preparation.splitting import assign_splits, content_key, count_leaks
from kubenas.data.preparation.workspace import workspace
from kubenas.data.source import Example, ExampleSource, ReportProgress, SourceInfo, open_source
from kubenas.errors import DocumentUnusable, ObjectNotFound
from kubenas.storage import Storage, join, open_storage

_REPORT_EVERY = 512

_Splits: TypeAlias = dict[SplitName, BufferedSplit]


@dataclass(frozen=True)
class PreparedDataset:
    """A data set that is ready for training."""

    uri: str
    """URI of the data set's folder."""
    schema: DataSchema
    reused: bool
    """Whether the data set existed already."""


@dataclass(frozen=True)
class _Job:
    """The arguments of one preparation."""

    source: ExampleSource
    config: DataConfig
    digest: str
    output: Storage
    report: ReportProgress | None

    @property
    def prefix(self) -> str:
        return f"data/{self.digest}"


def prepare_dataset(
    config: DataConfig, output: Storage, *, progress: ReportProgress | None = None
) -> PreparedDataset:
    """Prepares ``config.source`` under ``data/<digest>/`` of ``output``.

    An existing data set with the same digest is reused. Memory use is independent of the size of
    the examples, and grows by less than 100 bytes per example.

    Raises:
        UserError: The source is invalid, or the source or the output is not accessible.
    """
    source = open_source(config.source)
    digest = dataset_digest(source, config, progress)
    job = _Job(source, config, digest, output, progress)
    schema = _find_finished(job)
    if schema is not None:
        record_latest_dataset(output, digest)
        return PreparedDataset(join(output.uri, job.prefix), schema, reused=True)
    with workspace(output) as folder:
        schema = _find_finished(job)  # another process may have finished it in the meantime
        reused = schema is not None
        return PreparedDataset(
            join(output.uri, job.prefix), schema or _prepare(job, folder), reused
        )


def _find_finished(job: _Job) -> DataSchema | None:
    """Returns the schema of the data set if it exists with all of its shards."""
    try:
        schema = read_schema(open_storage(join(job.output.uri, job.prefix)))
    except (ObjectNotFound, DocumentUnusable):
        return None
    sizes = {entry.name: entry.size for entry in job.output.list(f"{job.prefix}/")}
    shards = [shard for split in schema.splits.values() for shard in split.shards]
    complete = all(sizes.get(f"{job.prefix}/{shard.name}") == shard.size for shard in shards)
    return schema if complete else None


def _prepare(job: _Job, folder: Path) -> DataSchema:
    info = job.source.inspect(job.config.image_size, job.report)
    check_source_size(info, origin=job.config.source)
    finished = folder / "finished"
    finished.mkdir()
    contact_sheet = ContactSheet()
    with ExampleBuffer(folder / "examples.spool", info) as buffer:
        _read_examples(job, info, buffer, contact_sheet)
        duplicates = find_duplicates(buffer, job.report)
        splits = _split(job, info, buffer, duplicates)
        schema = _write_shards(job, info, splits, finished)
        leaks = count_leaks(duplicates.groups, buffer.given_splits)
        card = _make_card(job, info, splits, duplicates, leaks)
        write_example_index(finished, buffer.index)
    (finished / CARD_FILE).write_bytes(card.to_json())
    (finished / CONTACT_SHEET_FILE).write_bytes(contact_sheet.to_png(info.classes))
    record_latest_dataset(job.output, job.digest)
    job.output.upload_tree(finished, job.prefix)
    job.output.write(f"{job.prefix}/{SCHEMA_FILE}", schema.to_json())
    return schema


def _read_examples(
    job: _Job, info: SourceInfo, buffer: ExampleBuffer, contact_sheet: ContactSheet
) -> None:
    """Converts every example to the shape of the data set and adds it to the buffer."""
    keeps_splits = bool(_given(job, info))
    for original, label, split in _examples_with_progress(job, info):
        image = convert_image(original, info.shape, info.dtype)
        key = content_key(original, job.config.seed)
        own = split if keeps_splits else None
        buffer.add(image, key=key, label=label, split=own)
        contact_sheet.add(image, label)


def _split(
    job: _Job, info: SourceInfo, buffer: ExampleBuffer, duplicates: DuplicateReport
) -> _Splits:
    positions = assign_splits(buffer.index, duplicates.groups, job.config, buffer.given_splits)
    splits = {split: BufferedSplit(buffer, positions[split]) for split in SPLITS}
    counts, origin = _counts(splits, info), job.config.source
    check_splits(counts, info.classes, origin=origin, given=_given(job, info))
    return splits


def _fit_normalization(split: BufferedSplit, info: SourceInfo) -> Normalization:
    moments = ChannelMoments(info.shape[2])
    for image in split.images():
        moments.add(image)
    return moments.normalization()


def _is_mirror_symmetric(split: BufferedSplit) -> bool:
    images = [shrink(image) for image in islice(split.images(), MAX_IMAGES)]
    labels = split.buffer.index["label"][split.positions[:MAX_IMAGES]]
    return keeps_class_when_mirrored(np.stack(images), labels)


def _examples_with_progress(job: _Job, info: SourceInfo) -> Iterator[Example]:
    for done, example in enumerate(job.source.examples(info), start=1):
        yield example
        if job.report and (done % _REPORT_EVERY == 0 or done == info.examples):
            job.report("reading examples", done, info.examples)


def _write_shards(job: _Job, info: SourceInfo, splits: _Splits, folder: Path) -> DataSchema:
    # The import of TensorFlow takes seconds. Invalid data and reused data sets do not need it.
    from kubenas.data.preparation.shards import write_split  # noqa: PLC0415

    return DataSchema(
        task=job.config.task,
        digest=job.digest,
        shape=info.shape,
        dtype=info.dtype,
        classes=info.classes,
        splits={
            name: write_split(split, folder, name, classes=len(info.classes), report=job.report)
            for name, split in splits.items()
        },
        normalization=_fit_normalization(splits["train"], info),
        own_splits=_given(job, info),
        mirror_symmetric=_is_mirror_symmetric(splits["train"]),
    )


def _make_card(
    job: _Job, info: SourceInfo, splits: _Splits, duplicates: DuplicateReport, leaks: int
) -> DataCard:
    counts = _counts(splits, info)
    return DataCard(
        source=job.source.name,
        digest=job.digest,
        task=job.config.task,
        examples=info.examples,
        shape=info.shape,
        dtype=info.dtype,
        classes=info.classes,
        counts=counts,
        imbalance=imbalance(info),
        duplicates=duplicates.duplicates,
        near_duplicates=duplicates.near_duplicates,
        left_out=info.examples - sum(map(len, splits.values())),
        label_conflicts=duplicates.label_conflicts,
        seed=job.config.seed,
        notes=(*info.notes, *split_notes(info, job.config)),
        warnings=(
            *info.warnings,
            *duplicates.warnings(job.source.locate),
            *leak_warnings(leaks),
            *split_warnings(counts, info, given=_given(job, info)),
        ),
    )


def _given(job: _Job, info: SourceInfo) -> tuple[SplitName, ...]:
    """Returns the source's own splits, unless the config ignores them."""
    return info.splits if job.config.splits == "auto" else ()


def _counts(splits: _Splits, info: SourceInfo) -> dict[SplitName, tuple[int, ...]]:
    return {name: split.class_counts(len(info.classes)) for name, split in splits.items()}
