"""Base of the data models."""

from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, StringConstraints

SearchId: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$")
]
"""A search's id in a record. It is the name of a folder, and never a path."""


class Value(BaseModel):
    """Base of immutable models without extra fields, which convert to and from JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    def to_json(self) -> bytes:
        """Returns this value as UTF-8 JSON."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Parses a value.

        Raises:
            pydantic.ValidationError: ``data`` is not valid JSON of this class.
        """
        return cls.model_validate_json(data)
