"""``kubenas compile``: the compiled pipeline that is part of kubenas."""

import re
from importlib import resources
from pathlib import Path

from kubenas.cli.answer import Answer
from kubenas.cli.step_image import StepImage
from kubenas.errors import UserError
from kubenas.images import CONTROLLER_IMAGE, REGISTRY_VARIABLE


def package_text(image: str | None = None) -> str:
    """Returns the compiled pipeline, with ``image`` as the image of its steps if given."""
    text = resources.files("kubenas").joinpath("nas.yaml").read_text(encoding="utf-8")
    if image is None:
        return text
    return re.sub(rf"(?m)^(\s+image: ){re.escape(CONTROLLER_IMAGE)}$", rf"\g<1>{image}", text)


def write_package(target: Path, step_image: StepImage, answer: Answer) -> None:
    """Writes the package to ``target``.

    Raises:
        UserError: the image reference is invalid, or the file cannot be written.
    """
    image = step_image.resolve()
    try:
        target.write_text(package_text(image), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror}") from error
    answer.line(f"{target}: written; upload it in the Kubeflow UI under Pipelines")
    if image is None:
        answer.line(
            f"its steps run in {CONTROLLER_IMAGE}: a cluster must be able to pull this name;"
            f" for an image in your own registry, set {REGISTRY_VARIABLE} or --image"
        )
    else:
        answer.line(f"its steps run in {image}")
    answer.put({"package": str(target.resolve()), "image": image or CONTROLLER_IMAGE})
