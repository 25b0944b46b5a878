"""The data card as Markdown, as Kubeflow shows it on the page of a run."""

from collections.abc import Iterator

from kubenas.data.dataset.card import DataCard
from kubenas.data.drift import Drift
from kubenas.reporting.cards.drift import drift_sentences
from kubenas.reporting.cards.markdown import escaped


def render_data_card(card: DataCard, drift: Drift | None = None) -> str:
    """What a person should know about a prepared data set before trusting a model of it."""
    height, width, channels = card.shape
    lines = [
        f"# Data: {escaped(card.source)}",
        "",
        f"- {card.examples:,} examples of {len(card.classes)} classes for {card.task}",
        f"- {height} x {width} pixels, {channels} channel(s), stored as {card.dtype}",
        f"- largest class over smallest: {card.imbalance:.1f}",
        f"- duplicates: {card.duplicates:,}; near duplicates: {card.near_duplicates:,}; left out of"
        f" the test split for it: {card.left_out:,}",
        f"- the same picture in two classes: {card.label_conflicts:,}",
        f"- digest `{card.digest}`, split seed {card.seed}",
        *(f"- {escaped(note)}" for note in card.notes),
        *(f"- **warning**: {escaped(warning)}" for warning in card.warnings),
        *_since_before(drift),
        "",
        "| class | " + " | ".join(card.counts) + " |",
        "|---|" + "---:|" * len(card.counts),
    ]
    for index, name in enumerate(card.classes):
        counts = " | ".join(f"{by_class[index]:,}" for by_class in card.counts.values())
        lines.append(f"| {escaped(name)} | {counts} |")
    return "\n".join(lines) + "\n"


def _since_before(drift: Drift | None) -> Iterator[str]:
    if drift is None:
        return
    yield from ("", f"Compared with data `{drift.before}`:", "")
    yield from (f"- {escaped(words)}" for words in drift_sentences(drift))
