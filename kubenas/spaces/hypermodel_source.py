"""A user's HyperModel file as text: looked at, never executed."""

import ast
import difflib
from collections.abc import Iterator

from kubenas.errors import ObjectNotFound, UserError
from kubenas.storage import open_storage, split


def check_hypermodel_source(reference: str) -> None:
    """Checks that ``reference``, ``<URI of file>:Class``, names a class in a Python file.

    Raises:
        UserError: the file is missing, is not Python, or has no such name.
    """
    uri, name = split_reference(reference)
    names = list(_top_level_names(_parsed(uri)))
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean '{close[0]}'?" if close else "define it there"
        raise UserError(f"space.hypermodel: {uri} has no class '{name}'; {hint}")


def split_reference(reference: str) -> tuple[str, str]:
    """The URI of the file and the name of the class.

    Raises:
        UserError: ``reference`` does not have the form ``<URI of file>:Class``.
    """
    uri, _, name = reference.rpartition(":")
    if not uri.endswith(".py") or not name.isidentifier():
        raise UserError(
            f"space.hypermodel: '{reference}' must look like 'my_module.py:MyHyperModel'"
        )
    return uri, name


def read_source(uri: str) -> bytes:
    """The text of the Python file at ``uri``.

    Raises:
        UserError: there is none.
    """
    folder, file = split(uri)
    try:
        return open_storage(folder or "/").read(file)
    except ObjectNotFound as error:
        raise UserError(f"space.hypermodel: {uri}: there is no such file") from error


def imported_modules(uri: str) -> set[str]:
    """Top-level names of the modules that the file at ``uri`` imports, wherever in it.

    Raises:
        UserError: there is no such file, or it is not Python.
    """
    names: set[str] = set()
    for node in ast.walk(_parsed(uri)):
        match node:
            case ast.Import():
                names.update(alias.name.partition(".")[0] for alias in node.names)
            case ast.ImportFrom(level=0, module=str(module)):
                names.add(module.partition(".")[0])
    return names


def _parsed(uri: str) -> ast.Module:
    try:
        return ast.parse(read_source(uri), filename=uri)
    except SyntaxError as error:
        raise UserError(
            f"space.hypermodel: {uri}, line {error.lineno or 1}: not valid Python: {error.msg}"
        ) from error
    except ValueError as error:  # null bytes
        raise UserError(f"space.hypermodel: {uri}: not valid Python: {error}") from error


def _top_level_names(module: ast.Module) -> Iterator[str]:
    """Names that importing the module may bind, those inside if and try included."""
    pending: list[ast.AST] = [module]
    while pending:
        node = pending.pop(0)
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name
                continue
            case ast.Import() | ast.ImportFrom():
                yield from ((alias.asname or alias.name) for alias in node.names)
            case ast.Name(ctx=ast.Store()):
                yield node.id
        pending.extend(ast.iter_child_nodes(node))
