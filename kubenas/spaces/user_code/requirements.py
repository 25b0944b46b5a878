"""What a user's requirements file asks for, and what of that is not installed here."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from kubenas.errors import UserError
from kubenas.images import TRAINER_IMAGE

HOW_TO_INSTALL = (
    "install it where trials run: here, or for a cluster in an image built FROM"
    f" {TRAINER_IMAGE} that runner.pod.image names"
)


def missing_module_hint(error: BaseException) -> str:
    """What to do about ``error``, raised by a user's code, where it is a missing module."""
    if not isinstance(error, ModuleNotFoundError):
        return ""
    return (
        f"; if it is a package, {HOW_TO_INSTALL}; if it is a file of yours, name it in space.files"
    )


def missing_requirements(path: Path) -> list[str]:
    """What the requirements file at ``path`` asks for that is not installed, in words.

    Raises:
        UserError: with the line, if a line is no requirement.
    """
    asked = read_requirements(path.read_bytes(), path.name)
    return [words for each in asked if (words := _missing(each)) is not None]


def read_requirements(content: bytes, name: str) -> list[Requirement]:
    """The requirements in the file ``name``; hashes and other options of theirs are left out.

    Raises:
        UserError: with the line, if a line is no requirement.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"space.requirements: {name}: not a text file in UTF-8") from error
    return [_requirement(line, number, name) for number, line in _lines(text)]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their numbers; one that goes on with a backslash is one."""
    start, whole = 1, ""
    for number, line in enumerate(text.splitlines(), start=1):
        whole += re.sub(r"(^|\s)#.*", "", line)
        if whole.endswith("\\"):
            whole = whole[:-1]
            continue
        if whole.strip():
            yield start, whole.strip()
        start, whole = number + 1, ""
    if whole.strip():
        yield start, whole.strip()


def _requirement(line: str, number: int, name: str) -> Requirement:
    try:
        return Requirement(re.split(r"\s--", line)[0])
    except InvalidRequirement as error:
        raise UserError(
            f"space.requirements: {name}, line {number}: '{line}' is no requirement; write a"
            " package's name and versions, such as einops>=0.8"
        ) from error


def _missing(requirement: Requirement) -> str | None:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name}{requirement.specifier} (not installed)"
    if requirement.specifier.contains(installed, prereleases=True):
        return None
    return f"{requirement.name}{requirement.specifier} ({installed} is installed)"
