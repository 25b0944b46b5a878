"""The champion log of an output: the current champion, its predecessors and the reasons.

The log is a sequence of numbered, immutable records. The last record names the champion. Concurrent
writers are serialised by the creation of the next record, which succeeds for one writer only.
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
    """Another process appended a record after the log was read."""


class ModelMetrics(Value):
    """Metrics of a model on a test split, and its size and latency."""

    examples: int
    accuracy: float
    loss: float
    """Mean negative log-likelihood of the true class, in nats."""
    macro_f1: float
    parameters: int | None = None
    """Number of weights, trainable or not."""
    flops: int | None = None
    """Floating-point operations per example."""
    latency_ms: float | None = None
    """Median inference time per example in milliseconds, on the machine of the evaluation."""
    model_mib: float | None = None
    """Size of the weights in MiB."""


class ChampionModel(Value):
    """A current or former champion and its origin."""

    search: SearchId
    trial: int
    """Number of the trial in the search."""
    saved_model: str
    """URI of the folder with the SavedModel in ``1/``."""
    keras_model: str | None = None
    """URI of the exported model.keras; None if Keras cannot save the model."""
    space: SpaceRef
    """Space whose code the model was built with."""
    labels: tuple[str, ...]
    """Class names in the order of the outputs."""
    input_shape: tuple[int, ...]
    """Shape of an example that a client sends: height, width and channels; empty for a text."""
    dataset: str
    """URI of the training data set."""
    dataset_digest: str
    test: ModelMetrics
    """Metrics on the test split of the promotion."""


class ChampionRecord(Value):
    """``champion/<number>.json``."""

    version: Literal[1] = 1
    number: int = Field(ge=1)
    action: Literal["promoted", "rolled-back"]
    model: ChampionModel
    why: str
    """Reason of the record, as text for the user."""
    at: float
    """Unix time."""
    replaced: int | None = None
    """Number of the previous record; None for the first record."""
    restored: int | None = None
    """Number of the promotion that a rollback restores."""


class ChampionLog:
    """The champion log of ``output``."""

    def __init__(self, output: Storage) -> None:
        self._output = output

    def history(self) -> list[ChampionRecord]:
        """Returns all records, oldest first.

        Raises:
            UserError: A record is missing or unreadable.
        """
        names = [info.name for info in self._output.list(f"{_FOLDER}/")]
        expected = [_object_name(number) for number in range(1, len(names) + 1)]
        if names != expected:
            missing = next((name for name in expected if name not in names), expected[-1])
            raise UserError(f"{join(self._output.uri, missing)}: missing from the champion log")
        what, remedy = "a champion record", "restore it from a backup"
        return [
            read_document(self._output, name, ChampionRecord, what=what, remedy=remedy)
            for name in names
        ]

    def champion(self) -> ChampionRecord | None:
        """Returns the last record; None before the first promotion.

        Raises:
            UserError: See :meth:`history`.
        """
        history = self.history()
        return history[-1] if history else None

    def append(self, record: ChampionRecord) -> None:
        """Appends ``record``. Of several writers of the same number, exactly one succeeds.

        Raises:
            ChampionChanged: A record with this number exists. The log is unchanged.
        """
        name = _object_name(record.number)
        try:
            self._output.create(name, record.to_json())
        except ObjectExists as error:
            raise ChampionChanged(
                f"{join(self._output.uri, name)}: the champion has changed in the meantime; run the"
                " same command again"
            ) from error


def promotion_record(
    history: Sequence[ChampionRecord], model: ChampionModel, *, why: str, at: float
) -> ChampionRecord:
    """Returns the record that promotes ``model`` after the last record of ``history``."""
    return ChampionRecord(
        number=len(history) + 1,
        action="promoted",
        model=model,
        why=why,
        at=at,
        replaced=len(history) or None,
    )


def rollback_record(
    history: Sequence[ChampionRecord], *, to: int | None = None, why: str, at: float
) -> ChampionRecord:
    """Returns the record that restores an earlier champion.

    Args:
        history: All records.
        to: Number of the record to restore; None for the record that the promotion of the current
            champion replaced.
        why: Reason, as text for the user.
        at: Unix time.

    Raises:
        UserError: The record does not exist, or it names the current champion.
    """
    champion = current_champion(history)
    if champion is None:
        raise UserError("there is nothing to roll back: no model has been promoted yet")
    if to is None:
        to = champion.replaced
        if to is None:
            raise UserError(
                "the current champion has no predecessor: give the number of a record with --to"
            )
    if not 1 <= to <= len(history):
        raise UserError(
            f"the champion log has no record {to}; it has the records 1 to {len(history)}"
        )
    target = original_promotion(history, history[to - 1])
    if target == champion:
        raise UserError(f"there is nothing to roll back: record {to} is the current champion")
    return ChampionRecord(
        number=len(history) + 1,
        action="rolled-back",
        model=target.model,
        why=why,
        at=at,
        replaced=len(history),
        restored=target.number,
    )


def current_champion(history: Sequence[ChampionRecord]) -> ChampionRecord | None:
    """Returns the promotion of the current champion; None before the first promotion."""
    return original_promotion(history, history[-1]) if history else None


def latest_promotion(history: Sequence[ChampionRecord], search: str) -> ChampionRecord | None:
    """Returns the latest promotion of a search's model; None if it was never promoted."""
    own = (each for each in reversed(history) if each.action == "promoted")
    return next((each for each in own if each.model.search == search), None)


def original_promotion(history: Sequence[ChampionRecord], record: ChampionRecord) -> ChampionRecord:
    """Returns ``record`` if it is a promotion, or else the promotion that it restores."""
    return record if record.restored is None else history[record.restored - 1]


def _object_name(number: int) -> str:
    return f"{_FOLDER}/{number:05d}.json"
