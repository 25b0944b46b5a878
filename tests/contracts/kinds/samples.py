"""Small examples of each kind: different ones, nearly equal ones, and files that have them."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from kubenas.data.dataset.schema import KindName, SplitName
from kubenas.data.source import Content, Image

CLASSES = ("0", "1", "2")


class Labelled(NamedTuple):
    content: Content
    label: int
    split: SplitName | None = None


class Sample(ABC):
    """What the contract needs to know of a kind."""

    kind: ClassVar[KindName]
    hypermodel: ClassVar[str]
    """A small network, as a user's file."""

    @abstractmethod
    def example(self, number: int) -> Content:
        """Returns always the same example, which is not similar to another one."""

    @abstractmethod
    def nearly(self, content: Content) -> Content:
        """Returns an example that a person may take for ``content``."""

    @abstractmethod
    def raw(self, content: Content) -> object:
        """Returns what a client sends for ``content``."""

    @abstractmethod
    def write(self, path: Path, examples: Sequence[Labelled]) -> str:
        """Writes a source with the examples in this order, and returns its location."""

    def examples(self, count: int, *, start: int = 0) -> list[Labelled]:
        """Returns different examples of three classes."""
        return [Labelled(self.example(n), n % len(CLASSES)) for n in range(start, start + count)]


@dataclass(frozen=True)
class Images(Sample):
    """Noise of 6 x 5 pixels."""

    kind = "image"
    hypermodel = """
import keras
def Mine(hp, input_shape, num_classes):
    image = keras.Input(input_shape)
    values = keras.layers.Dense(hp.Int("units", 8, 16), "relu")(keras.layers.Flatten()(image))
    model = keras.Model(image, keras.layers.Dense(num_classes, "softmax")(values))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""

    def example(self, number: int) -> Image:
        return np.random.default_rng(number).integers(0, 250, (6, 5, 3), np.uint8)

    def nearly(self, content: Content) -> Image:
        assert not isinstance(content, str)
        brighter: Image = content + np.uint8(1)
        return brighter

    def raw(self, content: Content) -> object:
        assert not isinstance(content, str)
        return content.astype(np.float32).tolist()

    def write(self, path: Path, examples: Sequence[Labelled]) -> str:
        arrays: dict[str, Any] = {}
        for split in dict.fromkeys(example.split for example in examples):
            some = [example for example in examples if example.split == split]
            ending = f"_{split}" if split else ""
            arrays[f"x{ending}"] = np.stack([np.asarray(example.content) for example in some])
            arrays[f"y{ending}"] = np.array([example.label for example in some])
        np.savez(path.with_suffix(".npz"), **arrays)
        return str(path.with_suffix(".npz"))


@dataclass(frozen=True)
class Texts(Sample):
    """Twelve random words."""

    kind = "text"
    hypermodel = """
import keras
def Mine(hp, input_shape, num_classes, vocabulary_size):
    words = keras.Input(input_shape, dtype="int32")
    values = keras.layers.Embedding(vocabulary_size, hp.Int("width", 8, 16))(words)
    values = keras.layers.GlobalMaxPooling1D()(values)
    model = keras.Model(words, keras.layers.Dense(num_classes, "softmax")(values))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""

    def example(self, number: int) -> str:
        words = np.random.default_rng(number).integers(0, 600, 12)
        return " ".join(f"W\u00f6rt{word}" for word in words) + "."

    def nearly(self, content: Content) -> str:
        return f"\u00bb{str(content).upper()}\u00ab!"

    def raw(self, content: Content) -> object:
        return str(content).encode()

    def write(self, path: Path, examples: Sequence[Labelled]) -> str:
        file = path.with_suffix(".jsonl")
        rows = [
            {"text": str(content), "label": str(label), **({"split": split} if split else {})}
            for content, label, split in examples
        ]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(file)


SAMPLES: dict[KindName, Sample] = {"image": Images(), "text": Texts()}
