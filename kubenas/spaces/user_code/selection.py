"""Selection of the files in a user's folder that belong to the HyperModel."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

from kubenas.errors import UserError
from kubenas.spaces.user_code.shadowing import check_shadowing, describe_installed
from kubenas.spaces.user_code.source_references import (
    SourceReferences,
    find_references,
    parse_source,
)
from kubenas.spaces.user_code.user_folder import UserFolder

MOST_FILES = 200
MOST_BYTES = 10 * 1024**2


def select_files(
    folder: UserFolder, named: Sequence[str], *, globs: Sequence[str] = ()
) -> dict[str, bytes]:
    """Returns the contents of the user's files by name, sorted by name.

    These are: the files ``named``; modules and packages in the folder that they import, directly
    or indirectly; files whose path parts all occur as string literals in these sources; and files
    that match ``globs``.

    Raises:
        UserError: a file is missing, is not valid Python, is excluded from the folder, or has the
            name of an installed package; or the files are too many or too large.
    """
    taken: dict[str, bytes] = {}
    known: dict[str, SourceReferences] = {}
    new = set(named)
    while new:
        _check_limits(folder, [*taken, *new])
        taken |= {name: folder.read(name) for name in new}
        known |= {
            name: find_references(parse_source(taken[name], name))
            for name in new
            if _is_python(name)
        }
        wanted = _Wanted(folder, known, tuple(globs))
        new = {name for name in folder.names(wanted.enter) if wanted.includes(name)} - set(taken)
    _check_globs(globs, taken)
    _check_relative_imports(known)
    check_shadowing(taken)
    return dict(sorted(taken.items()))


@dataclass(frozen=True)
class _Wanted:
    """The files that the sources found so far refer to."""

    folder: UserFolder
    sources: Mapping[str, SourceReferences]
    globs: tuple[str, ...]

    def enter(self, name: str) -> bool:
        """Returns whether the folder ``name`` may contain wanted files."""
        path = PurePosixPath(name)
        in_globs = any(_leads_to(path.parts, glob) for glob in self.globs)
        return in_globs or path.parts[0] in self._packages or self._mentioned(path)

    def includes(self, name: str) -> bool:
        """Returns whether the file ``name`` is wanted and allowed.

        Raises:
            UserError: the file is imported or matches ``space.files``, but is not allowed.
        """
        path = PurePosixPath(name)
        by_glob, importer = _matches(self.globs, name), self._importer(path)
        if not (by_glob or importer or self._mentioned(path)) or not self.folder.has(name):
            return False
        if by_glob or not self.folder.ignored(name):
            why = "is hidden or a link that leads out of the folder; copy the file into the folder"
            allowed = not self.folder.hidden_or_outside(name)
        else:
            why = "is ignored by .gitignore; list it in space.files to include it"
            allowed = False
        if not allowed and (by_glob or importer):
            where = f"space.hypermodel: {importer}: imports" if importer else "space.files:"
            raise UserError(f"{where} {name}, which {why}")
        return allowed

    def _importer(self, path: PurePosixPath) -> str | None:
        """Returns file and line that import the module at ``path``; None: it is not imported."""
        top = path.parts[0]
        if path.suffix != ".py":
            return None
        if len(path.parts) == 1:
            return self._modules.get(path.stem)
        return self._modules.get(top) if top in self._packages else None

    @cached_property
    def _modules(self) -> dict[str, str]:
        """Top-level names of imported modules, with the file and line of the import."""
        return {
            name: f"{source}, line {line}"
            for source, references in reversed(list(self.sources.items()))
            for name, line in references.modules.items()
        }

    @cached_property
    def _packages(self) -> set[str]:
        """Names of imported packages in the folder. As in Python, installed packages have priority
        over folders without ``__init__.py``."""
        return {
            name
            for name in self._modules
            if self.folder.has(f"{name}/__init__.py") or describe_installed(name) is None
        }

    @cached_property
    def _literals(self) -> set[str]:
        return {part for references in self.sources.values() for part in references.literals}

    def _mentioned(self, path: PurePosixPath) -> bool:
        """Returns whether literals contain all parts of ``path``, relative to a source's folder."""
        starts = {PurePosixPath(source).parent for source in self.sources}
        return any(
            self._literals.issuperset(path.relative_to(start).parts)
            for start in starts
            if path.is_relative_to(start)
        )


def _is_python(name: str) -> bool:
    return name.endswith(".py")


def _matches(globs: Sequence[str], name: str) -> bool:
    return GitIgnoreSpec.from_lines(f"/{glob}" for glob in globs).match_file(name)


def _leads_to(parts: Sequence[str], glob: str) -> bool:
    """Returns whether the folder with ``parts`` may contain, or be in, matches of ``glob``."""
    for part, pattern in zip(parts, PurePosixPath(glob).parts, strict=False):
        if pattern == "**":
            return True
        if not fnmatchcase(part, pattern):
            return False
    return True


def _check_globs(globs: Sequence[str], taken: Mapping[str, bytes]) -> None:
    for glob in globs:
        if not any(_matches([glob], name) for name in taken):
            raise UserError(
                f"space.files: '{glob}' matches no file in the hypermodel's folder; hidden files"
                " are never included"
            )


def _check_relative_imports(sources: Mapping[str, SourceReferences]) -> None:
    for name, references in sources.items():
        if references.relative is not None and "/" not in name:
            raise UserError(
                f"space.hypermodel: {name}, line {references.relative}: a relative import, but"
                f" {name} is not part of a package; import the module by its name"
            )


def _check_limits(folder: UserFolder, names: Sequence[str]) -> None:
    sizes = {name: folder.size(name) for name in names if folder.has(name)}
    total = sum(sizes.values())
    if len(sizes) <= MOST_FILES and total <= MOST_BYTES:
        return
    largest = ", ".join(f"{name} ({_mib(sizes[name])})" for name in _largest(sizes))
    raise UserError(
        f"space.hypermodel: its {len(sizes)} files ({_mib(total)}) exceed the limits of"
        f" {MOST_FILES} files and {_mib(MOST_BYTES)}; the largest are {largest}. Exclude files that"
        " it does not need: narrow space.files, or list them in .gitignore"
    )


def _largest(sizes: Mapping[str, int]) -> Iterator[str]:
    yield from sorted(sizes, key=lambda name: -sizes[name])[:3]


def _mib(size: int) -> str:
    return f"{size / 1024**2:.1f} MiB"
