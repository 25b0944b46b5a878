"""Options of the registered spaces, with bounds and descriptions."""

from pydantic import Field

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
        128, ge=16, le=512, description="Largest number of filters of a stage (16 to 512)."
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
