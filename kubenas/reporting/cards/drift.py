"""How data have changed, in sentences: for the report, the data card and the command line."""

from collections.abc import Iterator

from kubenas.data.drift import Drift


def drift_sentences(drift: Drift) -> Iterator[str]:
    """What became of the earlier examples, then each finding."""
    if drift.digest == drift.before:
        yield f"the same {drift.examples:,} examples as before"
        return
    changed = f"{drift.examples:,} examples, {drift.examples_before:,} before"
    if drift.overlap is None:
        yield f"{changed}; how many of them are the same is not known"
    else:
        kept, gone, new = drift.overlap.kept, drift.overlap.gone, drift.overlap.new
        yield f"{changed}: of their pictures {new:,} are new, {gone:,} are gone, {kept:,} stayed"
    yield from drift.findings
