"""The champion log of an output: which model is in production, which were, and why.

Numbered records, each created once and never changed; the champion is the last of them. Creating
the next number is what keeps writers apart: of two, one loses, reads again and decides again.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from kubenas.errors import KubenasError, ObjectExists, UserError
from kubenas.storage import Storage, join
from kubenas.storage.document import read_document
from kubenas.trial import SearchId, SpaceRef, Value

_FOLDER = "champion"


class ChampionChanged(KubenasError):
    """Someone has appended a record since the log was read."""


class ModelFigures(Value):
    """A model on a test split, and what it costs."""

    examples: int
    accuracy: float
    loss: float
    """Mean negative log-likelihood of the true class, in nats."""
    macro_f1: float
    parameters: int | None = None
    """Trainable and other weights."""
    flops: int | None = None
    """Floating-point operations for one example."""
    latency_ms: float | None = None
    """Median inference time of one example, in milliseconds, on the machine that evaluated it."""
    model_mib: float | None = None
    """Of its weights."""


class ChampionModel(Value):
    """A model that is or was in production, and where it came from."""

    search: SearchId
    trial: int
    """The candidate's trial in the search."""
    saved_model: str
    """URI of the folder that holds the SavedModel under ``1/``."""
    keras_model: str | None = None
    """URI of the exported model.keras, which takes raw examples; None: Keras cannot save it."""
    space: SpaceRef
    """What its layers were built with."""
    labels: tuple[str, ...]
    """Class names in the order of the outputs."""
    input_shape: tuple[int, int, int]
    """Height, width and channels of an example."""
    dataset: str
    """URI of the data set that it was trained on."""
    dataset_digest: str
    test: ModelFigures
    """On the test split on which it was promoted."""


class ChampionRecord(Value):
    """``champion/<number>.json``."""

    version: Literal[1] = 1
    number: int = Field(ge=1)
    action: Literal["promoted", "rolled-back"]
    model: ChampionModel
    why: str
    """The decision in words for people."""
    at: float
    """Unix time."""
    replaced: int | None = None
    """Number of the record that was the last until then; None: the first."""
    restored: int | None = None
    """Number of the record whose promotion a rollback goes back to."""


class ChampionLog:
    """The champion log of ``output``."""

    def __init__(self, output: Storage) -> None:
        self._output = output

    def history(self) -> list[ChampionRecord]:
        """All records, the oldest first.

        Raises:
            UserError: a record is missing, or was not written by this version of kubenas.
        """
        names = [info.name for info in self._output.list(f"{_FOLDER}/")]
        expected = [_object_name(number) for number in range(1, len(names) + 1)]
        if names != expected:
            missing = next((name for name in expected if name not in names), expected[-1])
            raise UserError(f"{join(self._output.uri, missing)}: missing from the champion log")
        what, remedy = "a record of a champion", "restore it from a backup"
        return [
            read_document(self._output, name, ChampionRecord, what=what, remedy=remedy)
            for name in names
        ]

    def champion(self) -> ChampionRecord | None:
        """The model in production; None before the first promotion.

        Raises:
            UserError: as :meth:`history` tells.
        """
        history = self.history()
        return history[-1] if history else None

    def append(self, record: ChampionRecord) -> None:
        """Makes ``record`` the champion. Of several writers of one number exactly one succeeds.

        Raises:
            ChampionChanged: there is a record of this number; nothing was changed.
        """
        name = _object_name(record.number)
        try:
            self._output.create(name, record.to_json())
        except ObjectExists as error:
            raise ChampionChanged(
                f"{join(self._output.uri, name)}: the champion has changed meanwhile; run the same"
                " command again"
            ) from error


def promotion(
    history: Sequence[ChampionRecord], model: ChampionModel, *, why: str, at: float
) -> ChampionRecord:
    """The record by which ``model`` follows the last of ``history``."""
    return ChampionRecord(
        number=len(history) + 1,
        action="promoted",
        model=model,
        why=why,
        at=at,
        replaced=len(history) or None,
    )


def rollback(
    history: Sequence[ChampionRecord], *, to: int | None = None, why: str, at: float
) -> ChampionRecord:
    """The record by which an earlier champion is one again.

    Args:
        history: all records.
        to: number of the record to go back to; None: to the champion that the present one replaced
            when it was promoted.
        why: the reason, in words for people.
        at: Unix time.

    Raises:
        UserError: there is no such record, or it names the present champion.
    """
    champion = present_champion(history)
    if champion is None:
        raise UserError("no model has been promoted yet: there is nothing to roll back")
    if to is None:
        to = champion.replaced
        if to is None:
            raise UserError("no champion came before the present one: name a record to go back to")
    if not 1 <= to <= len(history):
        raise UserError(f"no record {to} in the champion log; it has 1 to {len(history)}")
    target = promoted(history, history[to - 1])
    if target == champion:
        raise UserError(f"record {to} names the present champion: there is nothing to roll back")
    return ChampionRecord(
        number=len(history) + 1,
        action="rolled-back",
        model=target.model,
        why=why,
        at=at,
        replaced=len(history),
        restored=target.number,
    )


def present_champion(history: Sequence[ChampionRecord]) -> ChampionRecord | None:
    """The promotion of the champion; None before the first."""
    return promoted(history, history[-1]) if history else None


def promotion_of(history: Sequence[ChampionRecord], search: str) -> ChampionRecord | None:
    """The latest promotion of a search's model; None: it was never promoted."""
    own = (each for each in reversed(history) if each.action == "promoted")
    return next((each for each in own if each.model.search == search), None)


def promoted(history: Sequence[ChampionRecord], record: ChampionRecord) -> ChampionRecord:
    """The promotion that ``record`` of ``history`` is or goes back to."""
    return record if record.restored is None else history[record.restored - 1]


def _object_name(number: int) -> str:
    return f"{_FOLDER}/{number:05d}.json"
