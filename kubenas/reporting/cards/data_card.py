"""The data card in Markdown, shown by Kubeflow on the page of a run."""

from collections.abc import Iterator

from kubenas.data.dataset.card import DataCard
from kubenas.data.drift import Drift
from kubenas.data.kinds.registry import example_kind
from kubenas.reporting.cards.drift import drift_sentences
from kubenas.reporting.cards.markdown import escape


def render_data_card(card: DataCard, drift: Drift | None = None) -> str:
    """Renders the description of a prepared data set, its warnings and its drift."""
    kind = example_kind(card.kind)
    lines = [
        f"# Data: {escape(card.source)}",
        "",
        f"- {card.examples:,} examples of {len(card.classes)} classes for {card.task}",
        f"- {kind.describe(card.shape, card.dtype)}",
        f"- class imbalance (largest / smallest): {card.imbalance:.1f}",
        f"- duplicates: {card.duplicates:,}; near duplicates: {card.near_duplicates:,}; left"
        f" out because of them: {card.left_out:,}",
        f"- label conflicts (same {kind.content} in two classes): {card.label_conflicts:,}",
        f"- digest `{card.digest}`, split seed {card.seed}",
        *(f"- {escape(note)}" for note in card.notes),
        *(f"- **warning**: {escape(warning)}" for warning in card.warnings),
        *_since_before(drift),
        "",
        "| class | " + " | ".join(card.counts) + " |",
        "|---|" + "---:|" * len(card.counts),
    ]
    for index, name in enumerate(card.classes):
        counts = " | ".join(f"{by_class[index]:,}" for by_class in card.counts.values())
        lines.append(f"| {escape(name)} | {counts} |")
    lines += _samples(card)
    return "\n".join(lines) + "\n"


def _samples(card: DataCard) -> Iterator[str]:
    if not card.samples:
        return
    yield from ("", "| class | example |", "|---|---|")
    for name, texts in card.samples.items():
        yield from (f"| {escape(name)} | {escape(text)} |" for text in texts)


def _since_before(drift: Drift | None) -> Iterator[str]:
    if drift is None:
        return
    yield from ("", f"Drift from data `{drift.before}`:", "")
    yield from (f"- {escape(words)}" for words in drift_sentences(drift))
