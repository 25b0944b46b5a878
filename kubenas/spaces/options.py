"""Options of the registered spaces, with bounds and descriptions."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from kubenas.trial import Value


class LayersOptions(Value):
    """Options of ``layers``."""

    max_layers: int = Field(
        6, ge=1, le=16, description="Maximum number of convolution and pooling layers (1 to 16)."
    )
    max_filters: int = Field(
        32, ge=16, le=512, description="Maximum filters of a convolution (16 to 512)."
    )
    max_dense_layers: int = Field(
        2, ge=0, le=4, description="Maximum number of dense layers before the output (0 to 4)."
    )
    max_units: int = Field(
        128, ge=16, le=1024, description="Maximum units of a dense layer (16 to 1024)."
    )


class ResidualOptions(Value):
    """Options of ``residual``."""

    max_stages: int = Field(3, ge=1, le=5, description="Largest number of stages (1 to 5).")
    max_blocks: int = Field(
        4, ge=1, le=8, description="Largest number of blocks in a stage (1 to 8)."
    )
    max_filters: int = Field(
        128,
        ge=16,
        le=512,
        description="Largest number of filters of a stage (16 to 512), at a width of 1.",
    )
    max_width: float = Field(
        3.0, ge=1, le=4, description="Largest multiplier of all numbers of filters (1 to 4)."
    )


class MobileOptions(Value):
    """Options of ``mobile``."""

    max_stages: int = Field(4, ge=2, le=4, description="Largest number of stages (2 to 4).")
    max_blocks: int = Field(
        4, ge=1, le=8, description="Largest number of blocks in a stage (1 to 8)."
    )
    max_width: float = Field(
        1.5, ge=0.5, le=4, description="Largest multiplier of all numbers of filters (0.5 to 4)."
    )


class CellOptions(Value):
    """Options of ``cell``."""

    kind: Literal["nasbench201", "darts"] = Field(
        "nasbench201", description="Kind of cell: nasbench201 or darts."
    )
    cells: int = Field(1, ge=1, le=8, description="Cells in each of the three stages (1 to 8).")
    filters: int = Field(16, ge=4, le=256, description="Filters of the first stage (4 to 256).")
    nodes: int = Field(
        4, ge=1, le=6, description="Nodes of a darts cell besides its two inputs (1 to 6)."
    )

    @field_validator("nodes")
    @classmethod
    def _only_of_darts(cls, nodes: int, info: ValidationInfo) -> int:
        if info.data.get("kind") == "nasbench201":
            raise ValueError("only cells of kind darts have this option")
        return nodes


class TransferOptions(Value):
    """Options of ``transfer``."""

    min_input_size: int = Field(
        96, ge=32, le=512, description="Smallest side of the images in pixels (32 to 512)."
    )
    max_input_size: int = Field(
        160, ge=32, le=512, description="Largest side of the images in pixels (32 to 512)."
    )
    max_units: int = Field(
        256, ge=0, le=2048, description="Maximum units of the dense layer; 0: none (0 to 2048)."
    )
    output_layer: str = Field(
        "",
        description="Name of the backbone's layer with the feature map; empty: the last one before"
        " its classifier.",
    )
    pixels: Literal["0..255", "0..1", "-1..1"] = Field(
        "0..255", description="Pixel values that the backbone takes: 0..255, 0..1 or -1..1."
    )

    @field_validator("max_input_size")
    @classmethod
    def _at_least_the_smallest(cls, size: int, info: ValidationInfo) -> int:
        if size < info.data.get("min_input_size", 0):
            raise ValueError("must be at least min_input_size")
        return size


class TextOptions(Value):
    """Options of ``text``."""

    max_length: int = Field(
        512, ge=1, le=4096, description="Largest number of tokens that are read (1 to 4096)."
    )
    max_layers: int = Field(
        4, ge=1, le=12, description="Largest number of layers of an encoder (1 to 12)."
    )
    max_embedding: int = Field(
        256, ge=16, le=1024, description="Largest size of a word's embedding (16 to 1024)."
    )
    max_units: int = Field(
        256,
        ge=16,
        le=1024,
        description="Largest number of filters or units of a layer (16 to 1024).",
    )
