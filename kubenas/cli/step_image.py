"""Which image the steps of a pipeline run in: options, file and environment, in one place."""

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
    """What the command line says of the steps' image."""

    image: str | None = None
    registry: str | None = None
    """Where ``make images`` pushed to: the controller's image is there under its own name."""

    def resolve(self, in_file: str | None = None) -> str | None:
        """The image: as the command line says, else ``in_file``, else the registry's; or None.

        Raises:
            UserError: what is given is no image or no registry.
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
        """The same for who starts runs at once: a cluster pulls from a registry.

        Raises:
            UserError: nothing says which image, or see :meth:`resolve`.
        """
        image = self.resolve(in_file)
        if image is None:
            raise UserError(
                f"{CONTROLLER_IMAGE} is in no registry that a cluster could pull it from: set"
                f" {REGISTRY_VARIABLE} to where 'make images' pushed it, such as"
                " registry.example/team, or give --image"
            )
        return image


def image_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives ``command`` the options --image and --registry as its argument ``step_image``."""

    @functools.wraps(command)
    def choosing(*, image: str | None, registry: str | None, **others: Any) -> None:
        command(**others, step_image=StepImage(image, registry))

    wrapped: Callable[..., None] = choosing
    for option in (
        click.option(
            "--registry",
            envvar=REGISTRY_VARIABLE,
            help=f"Where 'make images' pushed the steps' image to; default: {REGISTRY_VARIABLE}.",
        ),
        click.option("--image", help="Container image that the steps run in, in place of that."),
    ):
        wrapped = option(wrapped)
    return wrapped


def _checked(given: str, pattern: re.Pattern[str], where: str, what: str) -> str:
    if not pattern.fullmatch(given):
        raise UserError(f"{where}{given!r} is not {what}")
    return given
