"""Static checks of a user's HyperModel file, without executing it."""

import ast
import difflib
from collections.abc import Iterator

from kubenas.errors import ObjectNotFound, UserError
from kubenas.spaces.user_code.source_references import parse_source
from kubenas.storage import open_storage, split


def check_hypermodel_source(reference: str) -> None:
    """Checks that ``reference``, ``<URI of file>:Name``, refers to a name in a Python file.

    Raises:
        UserError: the file is missing, is not valid Python, or does not define the name.
    """
    uri, name = split_reference(reference)
    file, source = _source(uri)
    names = list(_top_level_names(parse_source(source, file)))
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean '{close[0]}'?" if close else "define it in the file"
        raise UserError(f"space.hypermodel: {uri} has no '{name}'; {hint}")


def split_reference(reference: str) -> tuple[str, str]:
    """Splits a reference into the URI of the file and the name in it.

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
    """Returns name and content of the Python file at ``uri``."""
    folder, file = split(uri)
    try:
        return file, open_storage(folder or "/").read(file)
    except ObjectNotFound as error:
        raise UserError(f"space.hypermodel: {uri}: there is no such file") from error


def _top_level_names(module: ast.Module) -> Iterator[str]:
    """Yields names that importing the module may define, including those inside if and try."""
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
