"""The registered spaces."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from kubenas.spaces.options import (
    CellOptions,
    LayersOptions,
    MobileOptions,
    ResidualOptions,
    TextOptions,
    TransferOptions,
)
from kubenas.trial import Value

Kind: TypeAlias = Literal["image", "text"]
"""Kind of the examples that a space classifies."""


@dataclass(frozen=True)
class Entry:
    """Modules and classes of a space. They are imported on demand, since they load TensorFlow."""

    summary: str
    options: type[Value]
    hypermodel: tuple[str, str]
    graph: tuple[str, str]
    """Imports neither TensorFlow nor Keras."""
    augments: bool = True
    """Whether it searches the augmentation, whose default depends on the data."""
    pretrained: bool = False
    """Whether its networks have the weights of a file, ``SpaceRef.weights``."""
    kind: Kind = "image"
    """Kind of the examples that it classifies."""


ENTRIES = {
    "layers": Entry(
        summary="A sequence of convolutions and poolings, then dense layers. Trains on a CPU.",
        options=LayersOptions,
        hypermodel=("kubenas.spaces.layers.hypermodel", "LayersHyperModel"),
        graph=("kubenas.spaces.layers.graph", "LayersGraph"),
        augments=False,
    ),
    "residual": Entry(
        summary="Stages of residual blocks; for images of up to 96 pixels.",
        options=ResidualOptions,
        hypermodel=("kubenas.spaces.residual.hypermodel", "ResidualHyperModel"),
        graph=("kubenas.spaces.residual.graph", "ResidualGraph"),
    ),
    "mobile": Entry(
        summary="Stages of inverted bottlenecks (MobileNetV4); for images of 96 pixels and more.",
        options=MobileOptions,
        hypermodel=("kubenas.spaces.mobile.hypermodel", "MobileHyperModel"),
        graph=("kubenas.spaces.mobile.graph", "MobileGraph"),
    ),
    "cell": Entry(
        summary="Stages of repeated cells, as in NAS-Bench-201 or DARTS; for colour images.",
        options=CellOptions,
        hypermodel=("kubenas.spaces.cell.hypermodel", "CellHyperModel"),
        graph=("kubenas.spaces.cell.graph", "CellGraph"),
    ),
    "transfer": Entry(
        summary="A pretrained network with a new head: stages to train, image size, head.",
        options=TransferOptions,
        hypermodel=("kubenas.spaces.transfer.hypermodel", "TransferHyperModel"),
        graph=("kubenas.spaces.transfer.graph", "TransferGraph"),
        pretrained=True,
    ),
    "text": Entry(
        summary="Word embeddings, then n-grams, convolutions, GRU, LSTM or Transformer; for texts.",
        options=TextOptions,
        hypermodel=("kubenas.spaces.text.hypermodel", "TextHyperModel"),
        graph=("kubenas.spaces.text.graph", "TextGraph"),
        augments=False,
        kind="text",
    ),
}
