"""Pickling of a tuner and the arguments of its search(), with out-of-band buffers.

Pickle protocol 5 extracts array buffers from any container: lists, data frames, Keras PyDatasets,
closures. Functions and classes of the notebook or script are pickled by value.
"""

import io
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import cloudpickle

from kubenas.errors import UserError
from kubenas.tuner.libraries import caller_modules

_IN_BAND_BYTES = 64 * 1024
"""Smaller buffers stay in the pickle, because a file for each costs more."""
_NO_FILE = "<dynamic-code>"
"""File name that cloudpickle gives to code objects."""

PersistentId = Callable[[Any], Any]
"""Returns the persistent id of an object (see pickle), or None to pickle it by value."""


def pickle_object(
    content: Any, *, store_buffer: Callable[[memoryview], None], persistent_id: PersistentId
) -> bytes:
    """Pickles ``content`` with protocol 5.

    Args:
        content: the object to pickle. May contain user classes and functions.
        store_buffer: called for each large buffer in order. The pickle omits these buffers.
        persistent_id: returns the persistent ids of objects that are stored separately.

    Raises:
        Exception: any exception of an object that cannot be pickled.
    """
    file = io.BytesIO()
    with _user_modules_by_value():
        _Pickler(file, store_buffer, persistent_id).dump(content)
    return file.getvalue()


def check_picklable(parts: Mapping[str, Any], persistent_id: PersistentId) -> None:
    """Checks that each of ``parts`` can be pickled.

    Args:
        parts: the objects by the names to use in the error message.
        persistent_id: see :func:`pickle_object`.

    Raises:
        UserError: names the first part that cannot be pickled.
    """
    for name, part in parts.items():
        try:
            pickle_object(part, store_buffer=lambda _: None, persistent_id=persistent_id)
        except UserError:
            raise
        except Exception as error:  # pickling may raise any exception
            words = " ".join(str(error).split())
            raise UserError(
                f"{name}: cannot be pickled for a trial process: {type(error).__name__}: {words};"
                " create the object inside the model-building function or the callback"
            ) from error


def _reduce_code(code: types.CodeType) -> tuple[Any, ...]:
    """Reduces ``code`` as cloudpickle does, but keeps the file name for tracebacks."""
    make, arguments = cloudpickle.Pickler.dispatch_table[types.CodeType](code)
    return make, tuple(code.co_filename if each == _NO_FILE else each for each in arguments)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle is untyped
    dispatch_table = cloudpickle.Pickler.dispatch_table.new_child({types.CodeType: _reduce_code})

    def __init__(
        self,
        file: io.BytesIO,
        store_buffer: Callable[[memoryview], None],
        persistent_id: PersistentId,
    ) -> None:
        super().__init__(file, protocol=5, buffer_callback=self._on_buffer)
        self._store_buffer = store_buffer
        self._persistent_id = persistent_id

    def persistent_id(self, obj: Any) -> Any:
        return self._persistent_id(obj)

    def _on_buffer(self, buffer: Any) -> bool:
        """Returns whether the buffer stays in the pickle."""
        raw = buffer.raw()
        if raw.nbytes < _IN_BAND_BYTES:
            return True
        self._store_buffer(raw)
        return False


@contextmanager
def _user_modules_by_value() -> Iterator[None]:
    """Pickles the modules in the folder of the script or notebook by value."""
    known = cloudpickle.list_registry_pickle_by_value()
    modules = [each for each in caller_modules() if each.__name__ not in known]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)
