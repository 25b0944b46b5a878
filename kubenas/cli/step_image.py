"""The image of the pipeline steps, from options, file and environment."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from kubenas.errors import UserError
from kubenas.images import CONTROLLER_IMAGE, REGISTRY_VARIABLE, in_registry

_PATH = r"[a-z0-9]+(?:[._\-]+[a-z0-9]+)*"
_NAME = rf"(?:[A-Za-z0-9.\-]+(?::\d+)?/)?{_PATH}(?:/{_PATH})*"
_IMAGE = re.compile(rf"{_NAME}(?::[\w.\-]+)?(?:@sha256:[0-9a-f]{{64}})?")
_REGISTRY = re.compile(rf"[A-Za-z0-9.\-]+(?::\d+)?(?:/{_PATH})*/?")


@dataclass(frozen=True)
class StepImage:
    """The image options of the command line."""

    image: str | None = None
    registry: str | None = None
    """Registry that contains the controller image, as pushed by ``make images``."""

    def resolve(self, in_file: str | None = None) -> str | None:
        """Returns the image of --image, else ``in_file``, else of the registry; or None.

        Raises:
            UserError: the image or the registry is invalid.
        """
        for image, origin in ((self.image, "--image"), (in_file, "image")):
            if image is not None:
                return _checked(image, _IMAGE, f"{origin}: ", "an image such as repo/name:tag")
        if not self.registry:
            return None
        what = "a registry such as registry.example/team, without a scheme"
        return in_registry(
            CONTROLLER_IMAGE, _checked(self.registry, _REGISTRY, f"{REGISTRY_VARIABLE}: ", what)
        )

    def resolve_required(self, in_file: str | None = None) -> str:
        """Returns the image like :meth:`resolve`, for commands that start runs.

        Raises:
            UserError: no image is given, or it is invalid.
        """
        image = self.resolve(in_file)
        if image is None:
            raise UserError(
                f"no registry for the image {CONTROLLER_IMAGE}: set {REGISTRY_VARIABLE} to the"
                " registry of 'make images', such as registry.example/team, or set --image"
            )
        return image


def image_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options --image and --registry, passed as the argument ``step_image``."""

    @functools.wraps(command)
    def choosing(*, image: str | None, registry: str | None, **others: Any) -> None:
        command(**others, step_image=StepImage(image, registry))

    wrapped: Callable[..., None] = choosing
    for option in (
        click.option(
            "--registry",
            envvar=REGISTRY_VARIABLE,
            help=f"Registry that 'make images' pushed to; default: {REGISTRY_VARIABLE}.",
        ),
        click.option("--image", help="Container image of the steps; overrides --registry."),
    ):
        wrapped = option(wrapped)
    return wrapped


def _checked(given: str, pattern: re.Pattern[str], where: str, what: str) -> str:
    if not pattern.fullmatch(given):
        raise UserError(f"{where}{given!r} is not {what}")
    return given
