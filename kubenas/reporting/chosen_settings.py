"""The settings that kubenas chose because the config left them open, and why."""

from kubenas.config import explain_defaults
from kubenas.reporting.report_input import ReportInput
from kubenas.spaces.registry import SPACES


def chosen_settings(report: ReportInput) -> list[str]:
    """Returns one sentence for each setting; empty if the config as written is unknown."""
    schema, written = report.schema, report.written
    if schema is None or written is None:
        return []
    examples = schema.splits["train"].examples
    sentences = explain_defaults(
        written, report.config, kind=schema.kind, shape=schema.shape, train_examples=examples
    )
    if any(space.name == report.config.space.name and space.augments for space in SPACES):
        sentences.append(_augmentation(mirror_symmetric=schema.mirror_symmetric))
    return sentences


def _augmentation(*, mirror_symmetric: bool) -> str:
    if mirror_symmetric:
        words = "shifts and mirrors training images: a simple classifier recognises mirrored images"
        words += " as well as the images themselves"
    else:
        words = "shifts training images but does not mirror them: the images do not show that"
        words += " mirrored ones keep their class"
    return f"The default network {words}. The search tries other augmentations, too."
