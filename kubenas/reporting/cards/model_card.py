"""The model card in Markdown (Mitchell et al. 2019, "Model Cards for Model Reporting")."""

from collections.abc import Iterator

from kubenas.data.dataset.schema import DataSchema
from kubenas.data.kinds.registry import example_kind
from kubenas.reporting.cards.markdown import escape
from kubenas.reporting.comparison import comparison_sentences
from kubenas.reporting.formatting import ascii_spaces, format_value, percent, score
from kubenas.reporting.headline import headline, tiles
from kubenas.reporting.report_input import ReportInput
from kubenas.reporting.simple_models import model_rows
from kubenas.reporting.tables import summarize_candidates

_MAX_CLASSES = 100


def render_model_card(report: ReportInput) -> str:
    """Renders the intended use, quality, network, training, limits and lineage of the model."""
    sections = (_use, _quality, _network, _training, _limits, _lineage)
    lines = [f"# {report.config.name}", "", escape(headline(report)), ""]
    for section in sections:
        lines += [*section(report), ""]
    return ascii_spaces("\n".join(lines))


def _schema(report: ReportInput) -> DataSchema:
    """Returns the schema of the data.

    Raises:
        ValueError: the report has no data schema.
    """
    if report.schema is None:
        raise ValueError(f"search {report.search}: no model card without a data schema")
    return report.schema


def _use(report: ReportInput) -> Iterator[str]:
    schema = _schema(report)
    kind = example_kind(schema.kind)
    yield "## Use"
    yield ""
    yield f"{schema.task}: assigns {kind.singular} to one of {len(schema.classes)} classes."
    yield from kind.describe_input(schema.shape)
    yield "Output `probabilities`: float32, (batch, classes), in the order of `labels.json`."
    if report.winner and report.winner.model:
        yield ""
        yield f"SavedModel, in the layout of model servers: `{report.winner.model}`"


def _quality(report: ReportInput) -> Iterator[str]:
    yield "## Quality"
    yield ""
    yield "| | | |"
    yield "|---|---:|---|"
    for tile in tiles(report):
        yield f"| {tile.label} | {escape(tile.value)} | {escape(tile.note)} |"
    for sentence in comparison_sentences(report):
        yield ""
        yield escape(sentence)
    if report.evaluation is None:
        return
    yield ""
    yield "| model | test accuracy | 95 % CI | training examples | training time |"
    yield "|---|---:|---:|---:|---:|"
    for row in model_rows(report):
        figures = " | ".join((row.accuracy, row.interval, row.examples, row.training))
        yield f"| {escape(row.name)} | {figures} |"
    yield ""
    yield "| class | test examples | precision | recall | F1 |"
    yield "|---|---:|---:|---:|---:|"
    for each in report.evaluation.classes[:_MAX_CLASSES]:
        shares = " | ".join(percent(v) for v in (each.precision, each.recall, each.f1))
        yield f"| {escape(each.name)} | {each.support} | {shares} |"


def _network(report: ReportInput) -> Iterator[str]:
    yield "## Network"
    yield ""
    if report.chosen is None:
        yield "No network yet."
        return
    yield from (
        f"- {escape(name)}: {escape(format_value(value))}"
        for name, value in report.chosen.values.items()
    )


def _training(report: ReportInput) -> Iterator[str]:
    training, counts = report.config.training, _schema(report).splits
    yield "## Data and training"
    yield ""
    sizes = ", ".join(f"{split.examples:,} {name}" for name, split in counts.items())
    own = _schema(report).own_splits
    how = f"splits of the source: {', '.join(own)}" if own else "split by content"
    yield f"Data `{_schema(report).digest}`: {sizes}; {how}."
    used = report.winner.precision if report.winner else None
    yield (
        f"Batches of {training.batch_size}; learning rate schedule: {training.schedule};"
        f" precision: {escape(used or training.precision)}."
    )
    if decay := training.average_weights:
        yield f"The weights are an exponential moving average, with decay {decay}."
    if training.class_weights != "none":
        yield f"Weights of the classes in the loss: {training.class_weights}."
    for each in summarize_candidates(report.retrained):
        outcome = ", ".join(score(value, report.objective) for value in each.scores)
        if each.with_validation:
            outcome = "on the training and validation examples together, without a validation score"
        yield f"- trial {each.trial}, retrained: {outcome}"


def _limits(report: ReportInput) -> Iterator[str]:
    yield "## Limits"
    yield ""
    kind = example_kind(_schema(report).kind)
    yield f"Evaluated only on data like the training data. Other {kind.origins} or classes are not"
    yield f"covered. The model assigns one of the classes to unrelated {kind.plural}, too."
    for warning in report.card.get("warnings", ()):
        yield f"- {escape(warning)}"


def _lineage(report: ReportInput) -> Iterator[str]:
    yield "## Lineage"
    yield ""
    if report.lineage is not None:
        yield from (f"- {label}: {escape(text)}" for label, text in report.lineage.rows())
        return
    yield f"- search `{report.search}`, oracle {report.config.search.oracle},"
    yield f"  seed {report.config.search.seed}"
    yield f"- data `{_schema(report).digest}`"
    yield f"- {', '.join(f'{name} {version}' for name, version in report.versions.items())}"
