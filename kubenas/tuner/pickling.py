"""A tuner and the arguments of its search() -> bytes, with all large content beside them.

Pickle's own protocol takes the buffers of arrays out of whatever holds them: lists, frames, Keras'
PyDatasets, closures. Functions and classes of the notebook or script travel with their code.
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
"""Smaller buffers stay in the pickle: a file each would cost more."""
_NO_FILE = "<dynamic-code>"
"""What cloudpickle says in place of a code's file."""

PersistentId = Callable[[Any], Any]
"""What stands for an object in the pickle, see pickle; None: it is pickled as it is."""


def pickle_object(
    content: Any, *, store_buffer: Callable[[memoryview], None], persistent_id: PersistentId
) -> bytes:
    """``content`` as a pickle of protocol 5.

    Args:
        content: what to pickle; user classes and functions included.
        store_buffer: takes each large buffer, in order; it is left out of the pickle.
        persistent_id: of objects that are kept in another way.

    Raises:
        Exception: whatever an object raises that cannot be pickled.
    """
    file = io.BytesIO()
    with _user_modules_by_value():
        _Pickler(file, store_buffer, persistent_id).dump(content)
    return file.getvalue()


def check_picklable(parts: Mapping[str, Any], persistent_id: PersistentId) -> None:
    """Finds the first of ``parts`` that cannot be pickled.

    Args:
        parts: what the user knows each of them as, and it.
        persistent_id: as for :func:`pickle_object`.

    Raises:
        UserError: names it.
    """
    for name, part in parts.items():
        try:
            pickle_object(part, store_buffer=lambda _: None, persistent_id=persistent_id)
        except UserError:
            raise
        except Exception as error:  # objects refuse in ways of their own
            words = " ".join(str(error).split())
            raise UserError(
                f"{name}: it cannot be sent to a trial process: {type(error).__name__}: {words};"
                " make what it holds inside the model-building function or the callback"
            ) from error


def _reduce_code(code: types.CodeType) -> tuple[Any, ...]:
    """As cloudpickle reduces ``code``, but errors in trials name the user's file."""
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
        """Whether the buffer stays in the pickle."""
        raw = buffer.raw()
        if raw.nbytes < _IN_BAND_BYTES:
            return True
        self._store_buffer(raw)
        return False


@contextmanager
def _user_modules_by_value() -> Iterator[None]:
    """Within, the code of modules beside the script or notebook travels with what refers to it."""
    known = cloudpickle.list_registry_pickle_by_value()
    modules = [each for each in caller_modules() if each.__name__ not in known]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)
