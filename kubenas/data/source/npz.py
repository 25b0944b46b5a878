"""The data source for .npz files with images ``x`` and labels ``y``, or ``x_train`` and so on."""

import zipfile
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.schema import KindName, SplitName
from kubenas.data.npy_stream import NpyHeader, read_npy, read_npy_header, stream_npy
from kubenas.data.source.example_source import Example, ReportProgress, SourceInfo
from kubenas.data.source.file_access import read_chunks, translate_read_errors
from kubenas.data.source.given_splits import paired_arrays
from kubenas.data.source.image_decoding import MAX_PIXELS
from kubenas.data.source.labels import ClassLabels, class_labels, joined_labels
from kubenas.errors import UserError

_MAX_LABEL_BYTES = 1 << 30


class _Part(NamedTuple):
    """An array of images and the array of their labels."""

    images: str
    labels: str
    split: SplitName | None
    header: NpyHeader
    """That of the images."""


class NpzSource:
    """Images and labels in an .npz file, as one set or with splits.

    Python objects are never unpickled.

    Implements :class:`kubenas.data.source.example_source.ExampleSource`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return self._path.name

    @property
    def kind(self) -> KindName:
        return "image"

    def content(self) -> Iterator[bytes]:
        return read_chunks(self._path)

    def inspect(
        self, image_size: tuple[int, int] | None, report: ReportProgress | None = None
    ) -> SourceInfo:
        shape = self._image_shape
        labels = self._labels
        height, width, channels = (*shape, 1)[:3]
        size = image_size or (height, width)
        resized = f"images resized from {height} x {width} to {size[0]} x {size[1]}"
        return SourceInfo(
            shape=(*size, channels),
            dtype=self._stored_dtype(report),
            classes=labels.names,
            class_counts=labels.counts,
            notes=(resized,) if size != (height, width) else (),
            splits=tuple(split for part in self._parts if (split := part.split)),
        )

    def examples(self, info: SourceInfo) -> Iterator[Example]:
        labels = iter(self._labels.indices.tolist())
        for part in self._parts:
            for image in chain.from_iterable(self._chunks(part)):
                pixels = image if image.ndim == 3 else image[:, :, np.newaxis]
                yield Example(pixels.astype(info.dtype, copy=False), next(labels), part.split)

    def locate(self, index: int) -> str:
        for part in self._parts[:-1]:
            if index < part.header.shape[0]:
                return f"{part.images}[{index}]"
            index -= part.header.shape[0]
        return f"{self._parts[-1].images}[{index}]"

    @cached_property
    def _parts(self) -> list[_Part]:
        """The pairs of images and labels, in the order of the splits."""
        with self._open() as archive, translate_read_errors(self._path):
            names = {
                name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")
            }
            return [
                _Part(images, labels, split, self._parse_header(archive, images))
                for images, labels, split in paired_arrays(names, origin=str(self._path))
            ]

    @cached_property
    def _image_shape(self) -> tuple[int, ...]:
        """The shape of one image; it is the same in all parts."""
        first, *others = self._parts
        for part in self._parts:
            _check_images(part, origin=str(self._path))
        for part in others:
            if part.header.shape[1:] != first.header.shape[1:]:
                raise UserError(
                    f"{self._path}: {first.images} has shape {first.header.shape} and"
                    f" {part.images} {part.header.shape}; their images must have one shape"
                )
            if (part.header.dtype.kind == "f") != (first.header.dtype.kind == "f"):
                raise UserError(
                    f"{self._path}: {first.images} has dtype {first.header.dtype} and"
                    f" {part.images} {part.header.dtype}: their values may differ in scale; save"
                    " all images in one dtype"
                )
        return first.header.shape[1:]

    @cached_property
    def _labels(self) -> ClassLabels:
        origin = str(self._path)
        found = []
        with self._open() as archive, translate_read_errors(self._path):
            for part in self._parts:
                _check_labels(self._parse_header(archive, part.labels), part, origin=origin)
                found.append((part.labels, read_npy(archive, part.labels)))
        return class_labels(joined_labels(found, origin=origin), origin=origin)

    def _parse_header(self, archive: zipfile.ZipFile, name: str) -> NpyHeader:
        try:
            header = read_npy_header(archive, name)
        except ValueError as error:
            raise UserError(
                f"{self._path}: {name} is not a NumPy array; save the file with numpy.savez"
            ) from error
        if header.dtype.hasobject:
            raise UserError(
                f"{self._path}: {name} contains Python objects; save it as an array of numbers"
                " (all images of one size)"
            )
        if not header.is_consistent:
            raise UserError(
                f"{self._path}: the header of {name} says shape {header.shape} and dtype"
                f" {header.dtype}, {header.array_bytes:,} bytes, but the file has"
                f" {header.data_bytes:,}; save the file again with numpy.savez"
            )
        return header

    def _open(self) -> zipfile.ZipFile:
        with translate_read_errors(self._path):
            if not zipfile.is_zipfile(self._path):
                self._path.open("rb").close()  # raises if the permission is missing
                raise UserError(
                    f"{self._path}: not an .npz file, or truncated; save it with numpy.savez"
                )
            return zipfile.ZipFile(self._path)

    def _chunks(self, part: _Part) -> Iterator[npt.NDArray[Any]]:
        with self._open() as archive, translate_read_errors(self._path):
            yield from stream_npy(archive, part.images)

    def _stored_dtype(self, report: ReportProgress | None) -> Literal["uint8", "float32"]:
        """Returns uint8 if the source has integers from 0 to 255, else float32.

        Raises:
            UserError: Some values are not finite.
        """
        fits = [self._fits_uint8(part, report) for part in self._parts]
        return "uint8" if all(fits) else "float32"

    def _fits_uint8(self, part: _Part, report: ReportProgress | None) -> bool:
        kind, seen, bad, first_bad = part.header.dtype.kind, 0, 0, ""
        if part.header.dtype in (np.bool_, np.uint8):
            return True
        fits = kind != "f"
        for chunk in self._chunks(part):
            if kind == "f":
                wrong = np.argwhere(~_is_finite(chunk))
                if len(wrong) and not bad:
                    row, *rest = wrong[0].tolist()
                    first_bad = ", ".join(map(str, (row + seen, *rest)))
                bad += len(wrong)
            else:
                fits = fits and bool(chunk.min() >= 0 and chunk.max() <= 255)
            seen += len(chunk)
            if report:
                report("checking values", seen, part.header.shape[0])
        if bad:
            name = part.images
            raise UserError(
                f"{self._path}: {bad} values of {name} are NaN, infinite or too large for float32,"
                f" the first is {name}[{first_bad}]; remove or replace them"
            )
        return fits


def _is_finite(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    with np.errstate(over="ignore"):
        return np.isfinite(values.astype(np.float32, copy=False))


def _check_labels(labels: NpyHeader, part: _Part, *, origin: str) -> None:
    """Checks the header of the labels before they are read into memory."""
    images = part.header
    if labels.shape[:1] not in ((), images.shape[:1]):
        raise UserError(
            f"{origin}: {part.images} has {images.shape[0]} examples and {part.labels} has"
            f" {labels.shape[0]}; the numbers must be equal"
        )
    if labels.array_bytes > _MAX_LABEL_BYTES:
        raise UserError(
            f"{origin}: {part.labels} has shape {labels.shape} and dtype {labels.dtype}, more than"
            " 1 GiB; save one integer or short string per example"
        )


def _check_images(part: _Part, *, origin: str) -> None:
    header, name = part.header, part.images
    shape = header.shape
    if header.dtype.kind not in "biuf":
        raise UserError(f"{origin}: {name} has dtype {header.dtype}; images must be numbers")
    if len(shape) not in (3, 4):
        raise UserError(
            f"{origin}: {name} has shape {shape}; it must be (n, height, width) or"
            " (n, height, width, channels)"
        )
    if len(shape) == 4 and not 1 <= shape[3] <= 4:
        remedy = (
            f"the channels seem to be the first axis: save {name}.transpose(0, 2, 3, 1)"
            if 1 <= shape[1] <= 4
            else "the last axis must be 1 to 4 channels"
        )
        raise UserError(f"{origin}: {name} has shape {shape}, thus {shape[3]} channels; {remedy}")
    if shape[1] * shape[2] > MAX_PIXELS:
        raise UserError(
            f"{origin}: {name} has shape {shape}, more than {MAX_PIXELS:,} pixels per image; reduce"
            " the size of the images"
        )
    if 0 in shape:
        raise UserError(f"{origin}: {name} has shape {shape}, thus no pixels; add images")
    if header.column_major:
        raise UserError(
            f"{origin}: {name} is in column-major (Fortran) order; save"
            f" numpy.ascontiguousarray({name})"
        )
