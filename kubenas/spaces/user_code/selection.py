"""Which files of a user's folder his HyperModel consists of."""

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
    """Contents by name of the files that make up a user's code, in the order of their names.

    These are: the files ``named``; the modules and packages that they import from the folder, and
    what those import; the files whose names, and those of the folders between, stand in these
    sources as string literals; and what ``globs`` match.

    Raises:
        UserError: one of them is missing, no Python, left out of the folder, or called like an
            installed package; or they are too many or too large.
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
    """What the sources known so far ask for."""

    folder: UserFolder
    sources: Mapping[str, SourceReferences]
    globs: tuple[str, ...]

    def enter(self, name: str) -> bool:
        """Whether something in the folder ``name`` may be wanted."""
        path = PurePosixPath(name)
        in_globs = any(_leads_to(path.parts, glob) for glob in self.globs)
        return in_globs or path.parts[0] in self._packages or self._mentioned(path)

    def includes(self, name: str) -> bool:
        """Whether the file ``name`` is wanted, and may be taken.

        Raises:
            UserError: it is imported, or what ``space.files`` names, but may not be taken.
        """
        path = PurePosixPath(name)
        by_glob, importer = _matches(self.globs, name), self._importer(path)
        if not (by_glob or importer or self._mentioned(path)) or not self.folder.has(name):
            return False
        if by_glob or not self.folder.ignored(name):
            why = "is hidden or a link that leads out of the folder; put a copy there"
            allowed = not self.folder.hidden_or_outside(name)
        else:
            why = "is left out by .gitignore; name it in space.files if it may be copied"
            allowed = False
        if not allowed and (by_glob or importer):
            where = f"space.hypermodel: {importer}: imports" if importer else "space.files:"
            raise UserError(f"{where} {name}, which {why}")
        return allowed

    def _importer(self, path: PurePosixPath) -> str | None:
        """Where the module at ``path`` is imported; None: it is not."""
        top = path.parts[0]
        if path.suffix != ".py":
            return None
        if len(path.parts) == 1:
            return self._modules.get(path.stem)
        return self._modules.get(top) if top in self._packages else None

    @cached_property
    def _modules(self) -> dict[str, str]:
        """Imported modules by their top-level names, and where that is done."""
        return {
            name: f"{source}, line {line}"
            for source, references in reversed(list(self.sources.items()))
            for name, line in references.modules.items()
        }

    @cached_property
    def _packages(self) -> set[str]:
        """Folders that imports lead into. One without ``__init__.py`` gives way to what is
        installed, as it does when Python imports."""
        return {
            name
            for name in self._modules
            if self.folder.has(f"{name}/__init__.py") or describe_installed(name) is None
        }

    @cached_property
    def _literals(self) -> set[str]:
        return {part for references in self.sources.values() for part in references.literals}

    def _mentioned(self, path: PurePosixPath) -> bool:
        """Whether literals name all of ``path``, from the folder of one of the sources on."""
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
    """Whether the folder with ``parts`` may hold, or lie in, what ``glob`` matches."""
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
                f"space.files: '{glob}' matches no file beside the hypermodel's; hidden files are"
                " never taken"
            )


def _check_relative_imports(sources: Mapping[str, SourceReferences]) -> None:
    for name, references in sources.items():
        if references.relative is not None and "/" not in name:
            raise UserError(
                f"space.hypermodel: {name}, line {references.relative}: a relative import, but"
                f" {name} is imported by itself and not as part of a package; import the module by"
                " its name"
            )


def _check_limits(folder: UserFolder, names: Sequence[str]) -> None:
    sizes = {name: folder.size(name) for name in names if folder.has(name)}
    total = sum(sizes.values())
    if len(sizes) <= MOST_FILES and total <= MOST_BYTES:
        return
    largest = ", ".join(f"{name} ({_mib(sizes[name])})" for name in _largest(sizes))
    raise UserError(
        f"space.hypermodel: {len(sizes)} files of {_mib(total)} belong to it, more than"
        f" {MOST_FILES} files or {_mib(MOST_BYTES)}; the largest are {largest}. Leave out what no"
        " network is built from: narrow space.files, or name it in a .gitignore"
    )


def _largest(sizes: Mapping[str, int]) -> Iterator[str]:
    yield from sorted(sizes, key=lambda name: -sizes[name])[:3]


def _mib(size: int) -> str:
    return f"{size / 1024**2:.1f} MiB"
