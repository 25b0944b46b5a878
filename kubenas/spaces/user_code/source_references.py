"""References from a Python source to other files, found by parsing, without executing it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from kubenas.errors import UserError


@dataclass(frozen=True)
class SourceReferences:
    """References of one source file."""

    modules: dict[str, int]
    """Top-level names of imported modules, with the first line that imports each."""
    relative: int | None
    """First line with a relative import, if there is one."""
    literals: frozenset[str]
    """Parts of paths in string literals."""


def parse_source(source: bytes, name: str) -> ast.Module:
    """Parses the Python file ``name``.

    Raises:
        UserError: the file is not valid Python. The message has the line.
    """
    try:
        return ast.parse(source, filename=name)
    except SyntaxError as error:
        raise UserError(
            f"space.hypermodel: {name}, line {error.lineno or 1}: not valid Python: {error.msg}"
        ) from error
    except ValueError as error:  # null bytes
        raise UserError(f"space.hypermodel: {name}: not valid Python: {error}") from error


def find_references(module: ast.Module) -> SourceReferences:
    """Returns the references in all of ``module``."""
    modules: dict[str, int] = {}
    for name, line in sorted(_imports(module), key=lambda found: found[1]):
        modules.setdefault(name, line)
    relative = modules.pop("", None)
    return SourceReferences(modules, relative, frozenset(_literal_parts(module)))


def _imports(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yields names and lines of imports. Relative imports have an empty name."""
    for node in ast.walk(module):
        match node:
            case ast.Import():
                yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
            case ast.ImportFrom(level=0, module=str(name)):
                yield name.partition(".")[0], node.lineno
            case ast.ImportFrom():
                yield "", node.lineno


def _literal_parts(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (part for part in re.split(r"[/\\]", node.value) if part)
