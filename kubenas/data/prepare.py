"""Raw examples -> a prepared data set: checked, split, sharded, with a schema and a card."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from kubenas.config import DataConfig
from kubenas.data.card import CARD_FILE, SHEET_FILE, DataCard
from kubenas.data.contact_sheet import Gallery
from kubenas.data.contents import write_contents
from kubenas.data.digest import dataset_digest
from kubenas.data.example_source import Example, ExampleSource, ReportProgress, Survey
from kubenas.data.latest import note_latest_data
from kubenas.data.moments import ChannelMoments
from kubenas.data.partition import content_key, split_of
from kubenas.data.resize import conform
from kubenas.data.schema import SCHEMA_FILE, SPLITS, DataSchema, Normalization, SplitName
from kubenas.data.sources import open_source
from kubenas.data.spool import Spool
from kubenas.data.sufficiency import balance_warnings, check_splits, check_survey, imbalance
from kubenas.data.workspace import workspace
from kubenas.errors import ObjectNotFound
from kubenas.storage import Storage, join

_REPORT_EVERY = 512


@dataclass(frozen=True)
class Prepared:
    """A data set that is ready to be trained on."""

    uri: str
    """Its folder."""
    schema: DataSchema
    reused: bool
    """Whether it had been there already."""


@dataclass(frozen=True)
class _Job:
    """One preparation: what from, how, and where to."""

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
) -> Prepared:
    """Prepares ``config.source`` under ``data/<digest>/`` of ``output``, unless that was done.

    Memory does not grow with the size of the data, but for some bytes an example.

    Raises:
        UserError: something is wrong with the data, with where it is, or with the output.
    """
    source = open_source(config.source)
    digest = dataset_digest(source, config, progress)
    job = _Job(source, config, digest, output, progress)
    schema = _finished(job)
    if schema is not None:
        note_latest_data(output, digest)
        return Prepared(join(output.uri, job.prefix), schema, reused=True)
    with workspace(output) as folder:
        schema = _finished(job)  # by a process that was waited for
        reused = schema is not None
        return Prepared(join(output.uri, job.prefix), schema or _prepare(job, folder), reused)


def _finished(job: _Job) -> DataSchema | None:
    """The schema of the data set if it is there, with all its shards."""
    try:
        schema = DataSchema.from_json(job.output.read(f"{job.prefix}/{SCHEMA_FILE}"))
    except (ObjectNotFound, ValidationError):
        return None
    sizes = {entry.name: entry.size for entry in job.output.list(f"{job.prefix}/")}
    shards = [shard for split in schema.splits.values() for shard in split.shards]
    whole = all(sizes.get(f"{job.prefix}/{shard.name}") == shard.size for shard in shards)
    return schema if whole else None


def _prepare(job: _Job, folder: Path) -> DataSchema:
    survey = job.source.survey(job.config.image_size, job.report)
    check_survey(survey, origin=job.config.source)
    finished = folder / "finished"
    finished.mkdir()
    with ExitStack() as stack:
        spools = {
            split: stack.enter_context(Spool(folder / f"{split}.spool", _example_bytes(survey)))
            for split in SPLITS
        }
        gallery = Gallery()
        normalization = _distribute(job, survey, spools, gallery)
        schema = _write(job, survey, spools, normalization, finished)
        card = _card(job, survey, spools)
        write_contents(finished, (spool.contents() for spool in spools.values()))
    (finished / CARD_FILE).write_bytes(card.to_json())
    (finished / SHEET_FILE).write_bytes(gallery.sheet(survey.classes))
    note_latest_data(job.output, job.digest)
    job.output.upload_tree(finished, job.prefix)
    job.output.write(f"{job.prefix}/{SCHEMA_FILE}", schema.to_json())
    return schema


def _distribute(
    job: _Job, survey: Survey, spools: dict[SplitName, Spool], gallery: Gallery
) -> Normalization:
    """Brings every example to its split; returns the moments of the training split."""
    moments = ChannelMoments(survey.shape[2])
    for number, (original, label) in enumerate(_counted(job, survey)):
        key = content_key(original, job.config.seed)
        split = split_of(key, job.config)
        image = conform(original, survey.shape, survey.dtype)
        spools[split].add(image, key=key, label=label, number=number)
        gallery.add(image, label)
        if split == "train":
            moments.add(image)
    counts = _counts(spools, survey)
    check_splits(counts, survey.classes, origin=job.config.source)
    return moments.normalization()


def _counted(job: _Job, survey: Survey) -> Iterator[Example]:
    for done, example in enumerate(job.source.examples(survey), start=1):
        yield example
        if job.report and (done % _REPORT_EVERY == 0 or done == survey.examples):
            job.report("reading examples", done, survey.examples)


def _write(
    job: _Job,
    survey: Survey,
    spools: dict[SplitName, Spool],
    normalization: Normalization,
    folder: Path,
) -> DataSchema:
    # TensorFlow takes seconds to import; neither mistakes nor finished data should wait for it.
    from kubenas.data.shards import write_split  # noqa: PLC0415

    return DataSchema(
        task=job.config.task,
        digest=job.digest,
        shape=survey.shape,
        dtype=survey.dtype,
        classes=survey.classes,
        splits={
            split: write_split(
                spool,
                folder,
                split,
                classes=len(survey.classes),
                example_bytes=_example_bytes(survey),
                report=job.report,
            )
            for split, spool in spools.items()
        },
        normalization=normalization,
    )


def _card(job: _Job, survey: Survey, spools: dict[SplitName, Spool]) -> DataCard:
    counts = _counts(spools, survey)
    repeats = [spool.repeats() for spool in spools.values()]
    conflicting = sum(repeat.conflicting for repeat in repeats)
    conflicts = [repeat.conflict for repeat in repeats if repeat.conflict]
    clash = [
        f"{conflicting} examples have the same pixels as one of another class, such as"
        f" {job.source.locate(first)} and {job.source.locate(second)}"
        for first, second in conflicts[:1]
    ]
    return DataCard(
        source=job.source.name,
        digest=job.digest,
        task=job.config.task,
        examples=survey.examples,
        shape=survey.shape,
        dtype=survey.dtype,
        classes=survey.classes,
        counts=counts,
        imbalance=imbalance(counts),
        duplicates=sum(repeat.duplicates for repeat in repeats),
        label_conflicts=conflicting,
        seed=job.config.seed,
        notes=survey.notes,
        warnings=(*survey.warnings, *clash, *balance_warnings(counts, survey.classes)),
    )


def _counts(spools: dict[SplitName, Spool], survey: Survey) -> dict[SplitName, tuple[int, ...]]:
    return {split: spool.class_counts(len(survey.classes)) for split, spool in spools.items()}


def _example_bytes(survey: Survey) -> int:
    height, width, channels = survey.shape
    return height * width * channels * (1 if survey.dtype == "uint8" else 4)
