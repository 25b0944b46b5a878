"""A user's HyperModel file as text: looked at, never executed."""

import ast
import difflib
from collections.abc import Iterator

from kubenas.errors import ObjectNotFound, UserError
from kubenas.spaces.user_code.source_references import parse_source
from kubenas.storage import open_storage, split


def check_hypermodel_source(reference: str) -> None:
    """Checks that ``reference``, ``<URI of file>:Name``, names something in a Python file.

    Raises:
        UserError: the file is missing, is not Python, or has no such name.
    """
    uri, name = split_reference(reference)
    file, source = _source(uri)
    names = list(_top_level_names(parse_source(source, file)))
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean '{close[0]}'?" if close else "define it there"
        raise UserError(f"space.hypermodel: {uri} has no '{name}'; {hint}")


def split_reference(reference: str) -> tuple[str, str]:
    """The URI of the file and the name of the class, instance or function in it.

    Raises:
        UserError: ``reference`` does not have the form ``<URI of file>:Name``.
    """
    uri, _, name = reference.rpartition(":")
    if not uri.endswith(".py") or not name.isidentifier():
        raise UserError(
            f"space.hypermodel: '{reference}' must look like 'my_module.py:MyHyperModel'"
        )
    if "." in split(uri)[1].removesuffix(".py"):
        raise UserError(
            f"space.hypermodel: {uri}: a file with a dot in its name cannot be imported; rename it"
        )
    return uri, name


def _source(uri: str) -> tuple[str, bytes]:
    """Name and text of the Python file at ``uri``."""
    folder, file = split(uri)
    try:
        return file, open_storage(folder or "/").read(file)
    except ObjectNotFound as error:
        raise UserError(f"space.hypermodel: {uri}: there is no such file") from error


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
