"""Sentences on data drift for the report, the data card and the command line."""

from collections.abc import Iterator

from kubenas.data.drift import Drift


def drift_sentences(drift: Drift) -> Iterator[str]:
    """Yields a sentence on the changed examples, then one for each finding."""
    if drift.digest == drift.before:
        yield f"unchanged: {drift.examples:,} examples"
        return
    changed = f"{drift.examples:,} examples (previously {drift.examples_before:,})"
    if drift.overlap is None:
        yield f"{changed}; overlap unknown"
    else:
        kept, gone, new = drift.overlap.kept, drift.overlap.gone, drift.overlap.new
        yield f"{changed}: {new:,} new, {gone:,} removed, {kept:,} unchanged"
    yield from drift.findings
