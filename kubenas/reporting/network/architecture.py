"""Validation of ``architecture.json``, which is written by a trial and therefore untrusted."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from kubenas.trial import Value

ARCHITECTURE_BYTES = 8 << 20
_MAX_LAYERS = 5000

_Name = Annotated[str, Field(max_length=500)]
_Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
_Plain = _Name | bool | int | float


class LayerSettings(Value):
    """The displayed part of a layer's configuration; other keys are ignored."""

    model_config = ConfigDict(extra="ignore")

    activation: _Name | None = None
    filters: _Plain | None = None
    kernel_size: _Plain | tuple[_Plain, ...] | None = None
    num_heads: _Plain | None = None
    output_dim: _Plain | None = None
    pool_size: _Plain | tuple[_Plain, ...] | None = None
    rate: float | None = None
    strides: _Plain | tuple[_Plain, ...] | None = None
    units: _Plain | None = None


class Layer(Value):
    """A layer of the network."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    name: _Name
    kind: _Name = Field(alias="class")
    output_shape: tuple[_Number | None, ...] | None = None
    parameters: _Number | None = None
    inbound: tuple[_Name, ...] = ()
    config: LayerSettings = LayerSettings()


class Architecture(Value):
    """The layers of a network."""

    model_config = ConfigDict(extra="ignore")

    layers: tuple[Layer, ...] = Field((), max_length=_MAX_LAYERS)

    @model_validator(mode="after")
    def _different_names(self) -> Self:
        if len({layer.name for layer in self.layers}) != len(self.layers):
            raise ValueError("two layers have the same name")
        return self

    def content(self) -> Mapping[str, Any]:
        """Returns the content as in the file, without unknown values."""
        return self.model_dump(by_alias=True, exclude_none=True)
