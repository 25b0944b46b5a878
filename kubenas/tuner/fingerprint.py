"""Digest of the user's code and data, which identifies a search.

The digest is the same in each session, so that the same program resumes its search. Functions are
hashed by their bytecode and the values that they refer to, including user modules; arrays by their
content; objects by their class and state. A hash of the pickle is not suitable, because pickles
differ between sessions.
"""

import enum
import functools
import hashlib
import re
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from kubenas.tuner.libraries import is_library
from kubenas.tuner.references import global_names, imported_modules

_AUTOMATIC_SUFFIX = re.compile(r"_\d+$")
"""Suffix of automatic Keras names. The number of an object may differ between sessions."""
_NOT_CODE = frozenset(
    {
        "__abstractmethods__",
        "__annotations__",
        "__dict__",
        "__doc__",
        "__module__",
        "__qualname__",
        "__weakref__",
        "_abc_impl",
    }
)
_SCALARS = bool | int | float | complex | str | None
_SHARED = types.FunctionType | type | types.ModuleType | np.ndarray
"""Objects with many references. Their digests are cached to avoid exponential time."""


def fingerprint(content: Any, stand_in: Callable[[Any], Any] = lambda _: None) -> str:
    """Returns a digest of ``content``, 64 hexadecimal digits.

    Args:
        content: any object.
        stand_in: returns the object to hash in place of its argument. None: the argument itself.
    """
    return _Fingerprinter(stand_in).digest(content)


class _Fingerprinter:
    def __init__(self, stand_in: Callable[[Any], Any]) -> None:
        self._stand_in = stand_in
        self._path: list[int] = []
        """Ids of the objects on the current path, for cycle detection."""
        self._known: dict[int, tuple[Any, str]] = {}
        """Shared objects and their digests by id. The reference keeps the id from being reused."""

    def digest(self, content: Any) -> str:
        if isinstance(content, _SCALARS):
            return _hashed(type(content).__name__, repr(content))
        if id(content) in self._path:  # a cycle
            return _hashed("cycle", len(self._path) - self._path.index(id(content)))
        if id(content) in self._known:
            return self._known[id(content)][1]
        found = self._digest_object(content)
        if isinstance(content, _SHARED):
            self._known[id(content)] = content, found
        return found

    def _digest_object(self, content: Any) -> str:
        self._path.append(id(content))
        other = self._stand_in(content)
        parts = self._parts(content) if other is None else self._all(["in its place", other])
        try:
            return _hashed(type(content).__name__, *parts)
        finally:
            self._path.pop()

    def _all(self, contents: Iterable[Any]) -> Iterator[str]:
        return map(self.digest, contents)

    @functools.singledispatchmethod
    def _parts(self, content: Any) -> Iterable[str | bytes]:
        """Returns the parts to hash, by type of the object."""
        if callable(getattr(content, "numpy", None)):  # a tensor or a variable
            return self._all([content.numpy()])
        if is_library(type(content).__module__) and hasattr(content, "get_config"):
            return self._all([type(content), *_config_and_weights(content)])
        return self._all([type(content), _state(content)])

    @_parts.register(list)
    @_parts.register(tuple)
    def _sequence(self, content: Iterable[Any]) -> Iterable[str]:
        return self._all(content)

    @_parts.register(set)
    @_parts.register(frozenset)
    def _set(self, content: Iterable[Any]) -> Iterable[str]:
        return sorted(map(self._digest_isolated, content))

    def _digest_isolated(self, content: Any) -> str:
        """Hashes without new cache entries of other elements: set order differs per session."""
        before = dict(self._known)
        try:
            return self.digest(content)
        finally:
            self._known = before

    @_parts.register
    def _mapping(self, content: dict) -> Iterable[str]:  # type: ignore[type-arg]
        return self._all(part for item in content.items() for part in item)

    @_parts.register(bytes)
    @_parts.register(bytearray)
    def _bytes(self, content: bytes) -> Iterable[bytes]:
        return [bytes(content)]

    @_parts.register(np.ndarray)
    @_parts.register(np.generic)
    def _array(self, content: Any) -> Iterable[str | bytes]:
        if content.dtype.hasobject:
            return self._all([content.shape, *content.ravel().tolist()])
        return [content.dtype.str, str(content.shape), np.ascontiguousarray(content).tobytes()]

    @_parts.register
    def _enum(self, content: enum.Enum) -> Iterable[str]:
        return [self.digest(type(content)), content.name]

    @_parts.register
    def _module(self, content: types.ModuleType) -> Iterable[str]:
        name = content.__name__
        if name == "__main__" or is_library(name):
            return [name]
        members = sorted(vars(content).items())
        return self._all([name, {k: v for k, v in members if not k.startswith(("__", "@"))}])

    @_parts.register
    def _builtin(self, content: types.BuiltinFunctionType) -> Iterable[str]:
        return [str(content.__module__), content.__qualname__]

    @_parts.register
    def _function(self, content: types.FunctionType) -> Iterable[str]:
        if is_library(content.__module__):
            return [content.__module__, content.__qualname__]
        names = sorted(set(global_names(content.__code__)) & content.__globals__.keys())
        return self._all(
            [
                content.__code__,
                content.__defaults__,
                content.__kwdefaults__,
                [_cell_content(cell) for cell in content.__closure__ or ()],
                {name: content.__globals__[name] for name in names},
                list(imported_modules(content)),
            ]
        )

    @_parts.register
    def _code(self, content: types.CodeType) -> Iterable[str | bytes]:
        names = (content.co_name, content.co_names, content.co_varnames, content.co_freevars)
        return [content.co_code, str(names), *self._all(content.co_consts)]

    @_parts.register
    def _class(self, content: type) -> Iterable[str]:
        if is_library(content.__module__):
            return [content.__module__, content.__qualname__]
        members = {k: v for k, v in sorted(vars(content).items()) if k not in _NOT_CODE}
        return self._all([content.__qualname__, content.__bases__, members])

    @_parts.register
    def _method(self, content: types.MethodType) -> Iterable[str]:
        return self._all([content.__func__, content.__self__])

    @_parts.register(staticmethod)
    @_parts.register(classmethod)
    def _wrapped(self, content: Any) -> Iterable[str]:
        return self._all([content.__func__])

    @_parts.register
    def _property(self, content: property) -> Iterable[str]:
        return self._all([content.fget, content.fset, content.fdel])

    @_parts.register
    def _partial(self, content: functools.partial) -> Iterable[str]:  # type: ignore[type-arg]
        return self._all([content.func, content.args, content.keywords])

    @_parts.register
    def _generator(self, content: types.GeneratorType) -> Iterable[str]:  # type: ignore[type-arg]
        """Hashes code and arguments only, because the yielded values may be random."""
        frame = content.gi_frame
        return self._all([content.gi_code, dict(frame.f_locals) if frame else None])


def _hashed(*parts: str | bytes | int) -> str:
    whole = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        whole.update(f"{len(data)}:".encode() + data)
    return whole.hexdigest()


def _cell_content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # empty cell
        return None


def _config_and_weights(content: Any) -> tuple[Any, Any]:
    """Returns config and weights of a Keras object. Its other state does not count."""
    config = {**content.get_config()}
    if isinstance(config.get("name"), str):
        config["name"] = _AUTOMATIC_SUFFIX.sub("", config["name"])
    return config, getattr(content, "get_weights", list)()


def _state(content: Any) -> Any:
    """Returns the pickle state of ``content``, or its attributes if it cannot be pickled."""
    try:
        reduced = content.__reduce_ex__(4)
    except Exception:  # noqa: BLE001  # __reduce_ex__ may raise any exception
        return getattr(content, "__dict__", None)
    if isinstance(reduced, str):
        return reduced
    _, args, *rest = reduced
    state, items, pairs = (*rest, None, None, None)[:3]
    return args, state, list(items or ()), list(pairs or ())
