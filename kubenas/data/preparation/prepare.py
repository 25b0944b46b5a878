"""Prepares a data set: reads, checks and splits the examples, and writes shards and metadata."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from kubenas.config import DataConfig
from kubenas.data.dataset.card import CARD_FILE, DataCard
from kubenas.data.dataset.example_index import write_example_index
from kubenas.data.dataset.latest import record_latest_dataset
from kubenas.data.dataset.schema import (
    SCHEMA_FILE,
    SPLITS,
    DataSchema,
    SplitName,
    read_schema,
    task_of,
)
from kubenas.data.kinds.kind import ExampleKind, Fitted, Overview, OverviewBuilder
from kubenas.data.kinds.registry import example_kind
from kubenas.data.preparation.digest import dataset_digest
from kubenas.data.preparation.duplicates import DuplicateReport, find_duplicates
from kubenas.data.preparation.example_buffer import BufferedSplit, ExampleBuffer
from kubenas.data.preparation.size_checks import (
    check_source_size,
    check_splits,
    imbalance,
    leak_warnings,
    split_notes,
    split_warnings,
)
from kubenas.data.preparation.splitting import assign_splits, count_leaks
from kubenas.data.preparation.workspace import workspace
from kubenas.data.source import (
    Columns,
    Example,
    ExampleSource,
    ReportProgress,
    SourceInfo,
    open_source,
)
from kubenas.errors import DocumentUnusable, ObjectNotFound, UserError
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
    def kind(self) -> ExampleKind:
        return example_kind(self.source.kind)

    @property
    def prefix(self) -> str:
        return f"data/{self.digest}"


@dataclass(frozen=True)
class _Found:
    """What was found in the examples."""

    duplicates: DuplicateReport
    leaks: int
    """Examples that a later split of the source holds, too."""
    fitted: Fitted
    overview: Overview


def prepare_dataset(
    config: DataConfig, output: Storage, *, progress: ReportProgress | None = None
) -> PreparedDataset:
    """Prepares ``config.source`` under ``data/<digest>/`` of ``output``.

    An existing data set with the same digest is reused. Memory use is independent of the size of
    the examples, and grows by less than 100 bytes per example.

    Raises:
        UserError: The source is invalid, or the source or the output is not accessible.
    """
    source = open_source(config.source, Columns(config.target, config.features))
    _check_task(config, source)
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


def _check_task(config: DataConfig, source: ExampleSource) -> None:
    found = task_of(source.kind)
    if config.task not in (None, found):
        raise UserError(
            f"data.task: {config.task}, but {source.name} is for {found}; remove data.task or"
            " correct data.source"
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
    overview = job.kind.overview(info)
    with ExampleBuffer(folder / "examples.spool", job.kind) as buffer:
        _read_examples(job, info, buffer, overview)
        duplicates = find_duplicates(buffer, job.kind, info, job.report)
        splits = _split(job, info, buffer, duplicates)
        found = _Found(
            duplicates=duplicates,
            leaks=count_leaks(duplicates.groups, buffer.given_splits),
            fitted=job.kind.fit(splits["train"], info),
            overview=overview.build(info.classes),
        )
        schema = _write_shards(job, info, splits, found.fitted, finished)
        card = _make_card(job, info, splits, found)
        write_example_index(finished, buffer.index)
    (finished / CARD_FILE).write_bytes(card.to_json())
    for name, content in found.overview.files.items():
        (finished / name).write_bytes(content)
    record_latest_dataset(job.output, job.digest)
    job.output.upload_tree(finished, job.prefix)
    job.output.write(f"{job.prefix}/{SCHEMA_FILE}", schema.to_json())
    return schema


def _read_examples(
    job: _Job, info: SourceInfo, buffer: ExampleBuffer, overview: OverviewBuilder
) -> None:
    """Adds every example to the buffer, in the form in which the data set stores it."""
    kind, keeps_splits = job.kind, bool(_given(job, info))
    for content, label, split in _examples_with_progress(job, info):
        stored = kind.store(content, info)
        key = kind.content_key(content, job.config.seed)
        buffer.add(stored, key=key, label=label, split=split if keeps_splits else None)
        overview.add(stored.data, label)


def _split(
    job: _Job, info: SourceInfo, buffer: ExampleBuffer, duplicates: DuplicateReport
) -> _Splits:
    positions = assign_splits(buffer.index, duplicates.groups, job.config, buffer.given_splits)
    splits = {split: BufferedSplit(buffer, positions[split]) for split in SPLITS}
    counts, origin = _counts(splits, info), job.config.source
    check_splits(counts, info.classes, origin=origin, given=_given(job, info))
    return splits


def _examples_with_progress(job: _Job, info: SourceInfo) -> Iterator[Example]:
    for done, example in enumerate(job.source.examples(info), start=1):
        yield example
        if job.report and (done % _REPORT_EVERY == 0 or done == info.examples):
            job.report("reading examples", done, info.examples)


def _write_shards(
    job: _Job, info: SourceInfo, splits: _Splits, fitted: Fitted, folder: Path
) -> DataSchema:
    # The import of TensorFlow takes seconds. Invalid data and reused data sets do not need it.
    from kubenas.data.preparation.shards import write_split  # noqa: PLC0415

    kind, classes = job.source.kind, len(info.classes)
    return DataSchema(
        kind=kind,
        task=task_of(kind),
        digest=job.digest,
        shape=fitted.shape,
        dtype=info.dtype,
        classes=info.classes,
        splits={
            name: write_split(split, folder, name, kind=kind, classes=classes, report=job.report)
            for name, split in splits.items()
        },
        own_splits=_given(job, info),
        **fitted.fields,
    )


def _make_card(job: _Job, info: SourceInfo, splits: _Splits, found: _Found) -> DataCard:
    counts, duplicates = _counts(splits, info), found.duplicates
    return DataCard(
        source=job.source.name,
        digest=job.digest,
        kind=job.source.kind,
        task=task_of(job.source.kind),
        examples=info.examples,
        shape=found.fitted.shape,
        dtype=info.dtype,
        classes=info.classes,
        counts=counts,
        imbalance=imbalance(info),
        duplicates=duplicates.duplicates,
        near_duplicates=duplicates.near_duplicates,
        left_out=info.examples - sum(map(len, splits.values())),
        label_conflicts=duplicates.label_conflicts,
        seed=job.config.seed,
        notes=(*info.notes, *split_notes(info, job.config), *found.fitted.notes),
        warnings=(
            *info.warnings,
            *duplicates.warnings(job.source.locate, job.kind),
            *leak_warnings(found.leaks),
            *split_warnings(counts, info, given=_given(job, info)),
        ),
        samples=found.overview.samples,
    )


def _given(job: _Job, info: SourceInfo) -> tuple[SplitName, ...]:
    """Returns the source's own splits, unless the config ignores them."""
    return info.splits if job.config.splits == "auto" else ()


def _counts(splits: _Splits, info: SourceInfo) -> dict[SplitName, tuple[int, ...]]:
    return {name: split.class_counts(len(info.classes)) for name, split in splits.items()}
