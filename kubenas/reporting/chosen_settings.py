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
        written, report.config, shape=schema.shape, train_examples=examples
    )
    if any(space.name == report.config.space.name and space.augments for space in SPACES):
        sentences.append(_augmentation(mirror_symmetric=schema.mirror_symmetric))
    return sentences


def _augmentation(*, mirror_symmetric: bool) -> str:
    words = "shifts and mirrors" if mirror_symmetric else "shifts but does not mirror"
    verb = "recognises" if mirror_symmetric else "does not recognise"
    return (
        f"The default network {words} training images: a simple classifier {verb} mirrored images"
        " as well as the images themselves. The search tries other augmentations, too."
    )
