"""Options of the registered spaces: what they are called, what they allow, what they do."""

from pydantic import Field

from kubenas.trial import Value


class LayersOptions(Value):
    """Options of ``layers``."""

    max_layers: int = Field(
        6, ge=1, le=16, description="Convolution and pooling layers at the most (1 to 16)."
    )
    max_filters: int = Field(
        32, ge=16, le=512, description="Filters of a convolution at the most (16 to 512)."
    )
    max_dense_layers: int = Field(
        2, ge=0, le=4, description="Dense layers before the output at the most (0 to 4)."
    )
    max_units: int = Field(
        128, ge=16, le=1024, description="Units of a dense layer at the most (16 to 1024)."
    )


class ResidualOptions(Value):
    """Options of ``residual``."""

    max_stages: int = Field(3, ge=1, le=5, description="Largest number of stages (1 to 5).")
    max_blocks: int = Field(
        4, ge=1, le=8, description="Largest number of blocks in a stage (1 to 8)."
    )
    max_filters: int = Field(
        64, ge=16, le=512, description="Largest number of filters of a stage (16 to 512)."
    )
