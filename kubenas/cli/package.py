"""``kubenas compile``: the pipeline package that ships with kubenas."""

import re
from importlib import resources
from pathlib import Path

from kubenas.cli.answer import Answer
from kubenas.errors import UserError
from kubenas.images import CONTROLLER_IMAGE


def package_text(image: str | None = None) -> str:
    """The compiled pipeline; its steps run in ``image`` if that is given.

    Raises:
        UserError: the image is not a reference.
    """
    if image is not None and not re.fullmatch(r"[\w][\w.\-/:@]*", image):
        raise UserError(f"--image: {image!r} is not an image reference such as repo/name:tag")
    text = resources.files("kubenas").joinpath("nas.yaml").read_text(encoding="utf-8")
    if image is None:
        return text
    return re.sub(rf"(?m)^(\s+image: ){re.escape(CONTROLLER_IMAGE)}$", rf"\g<1>{image}", text)


def write_package(target: Path, image: str | None, answer: Answer) -> None:
    """Writes the package to ``target``.

    Raises:
        UserError: the image is not a reference, or the file cannot be written.
    """
    text = package_text(image)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror}") from error
    answer.line(f"{target}: written; upload it in the Kubeflow UI under Pipelines")
    answer.put({"package": str(target.resolve()), "image": image or CONTROLLER_IMAGE})
