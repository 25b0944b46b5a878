"""What a Python source mentions of the files around it. It is parsed, never executed."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from kubenas.errors import UserError


@dataclass(frozen=True)
class SourceReferences:
    """What one source mentions."""

    modules: dict[str, int]
    """Top-level names of imported modules, and the first line that imports each."""
    relative: int | None
    """The first line with an import relative to the source's own package."""
    literals: frozenset[str]
    """Names of files and folders that string literals may stand for."""


def parse_source(source: bytes, name: str) -> ast.Module:
    """The Python file ``name``.

    Raises:
        UserError: with the line, if it is not Python.
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
    """What ``module`` mentions, wherever in it."""
    modules: dict[str, int] = {}
    for name, line in sorted(_imports(module), key=lambda found: found[1]):
        modules.setdefault(name, line)
    relative = modules.pop("", None)
    return SourceReferences(modules, relative, frozenset(_literal_parts(module)))


def _imports(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Names and lines; a relative import has no name."""
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
