"""``kubenas backbone``: writes a pretrained network for the space ``transfer``."""

from pathlib import Path

from kubenas.cli.answer import Answer
from kubenas.errors import UserError
from kubenas.spaces.transfer.weights import SUFFIX
from kubenas.training.process.import_environment import set_import_environment


def write_backbone(target: Path, answer: Answer) -> None:
    """Writes EfficientNet-Lite0 with ImageNet weights to ``target``.

    Raises:
        UserError: the name does not end with ``.keras``, the package with the weights is not
            installed, or the file cannot be written.
    """
    if target.suffix != SUFFIX:
        raise UserError(f"{target}: the name must end with {SUFFIX}")
    set_import_environment()
    from kubenas.spaces.transfer.efficientnet_lite import write_efficientnet_lite0  # noqa: PLC0415

    write_efficientnet_lite0(target)
    answer.line(f"{target}: written; use it with space: {{name: transfer, weights: {target}}}")
    answer.put({"backbone": str(target.resolve())})
