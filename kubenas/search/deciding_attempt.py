"""Which attempt at a task counts: described, retrained, exported or evaluated. One answer for all.

An attempt that was given up may leave its result late, when another has taken its place. So
whoever runs the attempts writes down once which of them decided, as ``decided.json`` beside their
folders, and what arrives afterwards changes nothing. Of a search's trials the journal says it.
"""

import re
from collections.abc import Mapping
from contextlib import suppress

from pydantic import Field, ValidationError

from kubenas.errors import ObjectExists, ObjectNotFound, UserError
from kubenas.search.conclusion import decides
from kubenas.search.outputs import read_result
from kubenas.storage import Storage, join
from kubenas.trial import Result, Value

DECIDED_FILE = "decided.json"
_SPEC = re.compile(r"a(?P<attempt>\d+)/spec\.json")

Results = Mapping[int, Result | None]
"""Of a task's attempts by number; None: there is none that can be believed."""


class Decided(Value):
    """``decided.json`` in the folder of a task."""

    attempt: int = Field(ge=1)


def attempt_results(storage: Storage, task: str, *, trial: int | None = None) -> Results:
    """The results of all attempts that were started in the folder ``task``; empty: none was.

    Args:
        storage: what the folder is in.
        task: its name.
        trial: the number that results must name; None: it is not known.
    """
    names = [info.name.removeprefix(f"{task}/") for info in storage.list(f"{task}/")]
    numbers = sorted(int(found["attempt"]) for name in names if (found := _SPEC.fullmatch(name)))
    return {
        number: read_result(storage, f"{task}/a{number}", attempt=number, trial=trial)
        for number in numbers
    }


def deciding_result(storage: Storage, task: str, results: Results) -> Result | None:
    """The result that counts, which names its attempt; None: the task is undecided.

    Without a ``decided.json``, as in outputs of older versions, it is that of the last attempt
    whose result decides: of two it was started because nothing was known of the first one's.

    Raises:
        UserError: ``decided.json`` cannot be read.
    """
    recorded = results.get(_recorded(storage, task) or 0)
    deciding = [result for _, result in sorted(results.items()) if result and decides(result)]
    return recorded or (deciding[-1] if deciding else None)


def settle(storage: Storage, task: str, results: Results) -> Result | None:
    """:func:`deciding_result`, which stays what it is whatever arrives from now on."""
    result = deciding_result(storage, task, results)
    if result is not None:
        with suppress(ObjectExists):  # of an earlier call, or of another process
            storage.create(f"{task}/{DECIDED_FILE}", Decided(attempt=result.attempt).to_json())
    return deciding_result(storage, task, results)


def _recorded(storage: Storage, task: str) -> int | None:
    name = f"{task}/{DECIDED_FILE}"
    try:
        return Decided.from_json(storage.read(name)).attempt
    except ObjectNotFound:
        return None
    except ValidationError as error:
        raise UserError(
            f"{join(storage.uri, name)}: it does not say which attempt counts; delete it, and the"
            " last one that has finished does"
        ) from error
