"""Texts, in the preparation of data."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from kubenas.data.kinds.kind import (
    ExampleKind,
    Fingerprints,
    Fitted,
    Overview,
    ReadStored,
    Stored,
    StoredExamples,
)
from kubenas.data.kinds.near_duplicates import NearDuplicates
from kubenas.data.kinds.text.near_duplicates import HASHES, find_near_duplicates, signature
from kubenas.data.kinds.text.vocabulary import FittedTexts, fit_texts
from kubenas.data.source import Content, SourceInfo, is_control

SAMPLES_PER_CLASS = 3
_MAX_CLASSES = 20
_SAMPLE_LENGTH = 160


class TextKind(ExampleKind):
    """Texts in any language, as UTF-8."""

    name = "text"
    singular = "a text"
    plural = "texts"
    content = "text"
    origins = "languages, subjects"
    linear_features = "words, weighted by TF-IDF"
    linear_model = "kubenas.training.simple_models.tfidf_model"
    fingerprint = ("uint32", HASHES)

    def store(self, content: Content, info: SourceInfo) -> Stored:
        del info
        text = cast("str", content)
        return Stored(text.encode(), signature(text))

    def content_key(self, content: Content, seed: int) -> int:
        digest = hashlib.sha256(f"{seed}:text:{content}".encode())
        return int.from_bytes(digest.digest()[:8])

    def near_duplicates(
        self,
        fingerprints: Fingerprints,
        labels: npt.NDArray[np.int32],
        read: ReadStored,
        info: SourceInfo,
    ) -> NearDuplicates:
        del labels, info
        return find_near_duplicates(fingerprints, read)

    def fit(self, train: StoredExamples, info: SourceInfo) -> Fitted:
        del info
        fitted = fit_texts(_Texts(train))
        return Fitted((fitted.length,), {"text": fitted.form}, notes=tuple(_notes(fitted)))

    def overview(self, info: SourceInfo) -> "_Samples":
        del info
        return _Samples()

    def describe(self, shape: Sequence[int], dtype: str) -> str:
        del dtype
        return f"texts, of which a model reads the beginning: {shape[0]} words or characters"

    def describe_input(self, shape: Sequence[int]) -> Sequence[str]:
        del shape
        return ("Input `text`: string, (batch,), UTF-8; the model includes the vocabulary.",)


@dataclass(frozen=True)
class _Texts:
    """The texts of a split without their labels."""

    train: StoredExamples

    def __iter__(self) -> Iterator[bytes]:
        return (data for data, _ in self.train.examples())


class _Samples:
    """The overview of texts: the beginnings of the first few of each class, safe to print."""

    def __init__(self) -> None:
        self._texts: defaultdict[int, list[str]] = defaultdict(list)

    def add(self, data: bytes, label: int) -> None:
        if label < _MAX_CLASSES and len(self._texts[label]) < SAMPLES_PER_CLASS:
            beginning = data[: 4 * _SAMPLE_LENGTH]  # a character has at most four bytes
            letters = beginning.decode(errors="ignore")
            safe = "".join(" " if is_control(letter) else letter for letter in letters)
            text = " ".join(safe.split())
            whole = len(text) <= _SAMPLE_LENGTH and len(beginning) == len(data)
            self._texts[label].append(text if whole else text[:_SAMPLE_LENGTH] + "\u2026")

    def build(self, classes: Sequence[str]) -> Overview:
        return Overview(
            samples={classes[label]: tuple(texts) for label, texts in sorted(self._texts.items())}
        )


def _notes(fitted: FittedTexts) -> Iterator[str]:
    unit = "characters" if fitted.form.split == "character" else "words"
    yield (
        f"vocabulary: the {len(fitted.form.vocabulary):,} most frequent {unit} of the training"
        " texts"
    )
    if fitted.read_completely < 1:
        yield (
            f"a model reads the first {fitted.length} {unit} of a text;"
            f" {1 - fitted.read_completely:.1%} of the training texts are longer"
        )
