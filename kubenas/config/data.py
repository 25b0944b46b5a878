"""``data:`` of search.yaml: the labelled examples and their split."""

from typing import Literal, Self

from pydantic import Field, model_validator

from kubenas.trial import Value


class DataConfig(Value):
    """``data:`` the labelled examples and their split."""

    source: str = Field(
        min_length=1,
        description="Labelled data: an .npz with x and y, a folder or .zip with one folder of"
        " images or .txt files per class, a table of texts (.csv, .tsv, .jsonl), each with or"
        " without splits of its own, or 'digits' (bundled with scikit-learn). A path or a URI.",
    )
    task: Literal["image-classification", "text-classification"] | None = Field(
        None,
        description="Learning task, image-classification or text-classification; empty: found out"
        " from the source.",
    )
    target: str | None = Field(
        None,
        description="Column of a table with the labels; empty: the one named label, labels,"
        " target, class, category or y.",
    )
    features: tuple[str, ...] = Field(
        (),
        description="Columns of a table with the texts, as a list; several are joined, one a line."
        " Empty: the only other column, or the one named text, sentence, content, message, review,"
        " body or document.",
    )
    test_fraction: float = Field(
        0.15, gt=0, lt=0.9, description="Share of the examples in the test split (0 to 0.9)."
    )
    validation_fraction: float = Field(
        0.15,
        gt=0,
        lt=0.9,
        description="Share of the examples in the validation split (0 to 0.9); it scores trials.",
    )
    splits: Literal["auto", "ignore"] = Field(
        "auto",
        description="'auto': a source with splits of its own keeps them (folders train, validation"
        " and test around the class folders, arrays x_train, y_train, x_test, y_test, or a"
        " column named split);"
        " 'ignore': all examples are split anew.",
    )
    seed: int = Field(
        1, ge=0, description="Seed of the split. Examples keep their split when data is added."
    )
    image_size: tuple[int, int] | None = Field(
        None,
        description="Height and width in pixels to which images are resized, as a list; empty:"
        " their size, or the median size if sizes differ.",
    )

    @model_validator(mode="after")
    def _check_fractions(self) -> Self:
        if self.test_fraction + self.validation_fraction >= 0.95:
            raise ValueError(
                "test_fraction and validation_fraction must leave at least 0.05 for training"
            )
        if self.image_size is not None and not all(1 <= side <= 4096 for side in self.image_size):
            raise ValueError("image_size must be two whole numbers from 1 to 4096")
        return self
