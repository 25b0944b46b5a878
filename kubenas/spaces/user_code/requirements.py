"""A user's requirements file, and its check against the installed packages."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from kubenas.errors import UserError
from kubenas.images import TRAINER_IMAGE

HOW_TO_INSTALL = (
    "install it where trials run: on this machine or, on a cluster, in an image built FROM"
    f" {TRAINER_IMAGE} that is set as runner.pod.image"
)


def missing_module_hint(error: BaseException) -> str:
    """Returns what to do about ``error`` of user code if a module is missing; else nothing."""
    if not isinstance(error, ModuleNotFoundError):
        return ""
    return f"; if it is a package, {HOW_TO_INSTALL}; if it is your own file, list it in space.files"


def missing_requirements(path: Path) -> list[str]:
    """Returns descriptions of the requirements at ``path`` that are not installed.

    Raises:
        UserError: a line is not a valid requirement. The message has the line.
    """
    asked = read_requirements(path.read_bytes(), path.name)
    return [words for each in asked if (words := _missing(each)) is not None]


def read_requirements(content: bytes, name: str) -> list[Requirement]:
    """Returns the requirements in the file ``name``, without hashes and other options.

    Raises:
        UserError: a line is not a valid requirement. The message has the line.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"space.requirements: {name}: not a UTF-8 text file; save it as UTF-8"
        ) from error
    return [_requirement(line, number, name) for number, line in _lines(text)]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yields lines that are not empty, with their numbers. Joins lines continued by a backslash."""
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
            f"space.requirements: {name}, line {number}: '{line}' is not a valid requirement;"
            " write the name and versions of a package, such as einops>=0.8"
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
