"""References in the bytecode of a function: global names and imported modules."""

import dis
import importlib.util
import sys
import types
from collections.abc import Iterator

_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})


def global_names(code: types.CodeType) -> Iterator[str]:
    """Yields the global names that ``code`` or a nested function loads."""
    for instruction in _instructions(code):
        if instruction.opname in _GLOBAL:
            yield str(instruction.argval)


def imported_modules(function: types.FunctionType) -> Iterator[types.ModuleType]:
    """Yields the loaded modules that ``function`` imports in its body."""
    package = str(function.__globals__.get("__package__") or "")
    instructions = list(_instructions(function.__code__))
    for at, instruction in enumerate(instructions):
        if instruction.opname != "IMPORT_NAME":
            continue
        level = instructions[at - 2].argval  # the number of dots of a relative import
        relative = "." * level + str(instruction.argval)
        name = importlib.util.resolve_name(relative, package) if not level or package else ""
        if name in sys.modules:
            yield sys.modules[name]


def _instructions(code: types.CodeType) -> Iterator[dis.Instruction]:
    """Yields the instructions of ``code`` and of its nested functions."""
    yield from dis.get_instructions(code)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _instructions(inner)
