"""The data source for .npz files with images ``x`` and labels ``y``."""

import zipfile
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from kubenas.data.npy_stream import NpyHeader, read_npy, read_npy_header, stream_npy
from kubenas.data.source.example_source import Example, ReportProgress, SourceInfo
from kubenas.data.source.file_access import read_chunks, translate_read_errors
from kubenas.data.source.image_decoding import MAX_PIXELS
from kubenas.data.source.labels import ClassLabels, class_labels
from kubenas.errors import UserError

_MAX_LABEL_BYTES = 1 << 30


class NpzSource:
    """Images and labels in an .npz file. Python objects are never unpickled.

    Implements :class:`kubenas.data.source.example_source.ExampleSource`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return self._path.name

    def content(self) -> Iterator[bytes]:
        return read_chunks(self._path)

    def inspect(
        self, image_size: tuple[int, int] | None, report: ReportProgress | None = None
    ) -> SourceInfo:
        header = self._header
        _check_images(header, origin=str(self._path))
        labels = self._labels
        height, width, channels = (*header.shape[1:], 1)[:3]
        size = image_size or (height, width)
        resized = f"images resized from {height} x {width} to {size[0]} x {size[1]}"
        return SourceInfo(
            shape=(*size, channels),
            dtype=self._stored_dtype(report),
            classes=labels.names,
            class_counts=labels.counts,
            notes=(resized,) if size != (height, width) else (),
        )

    def examples(self, info: SourceInfo) -> Iterator[Example]:
        images = chain.from_iterable(self._chunks())
        for image, label in zip(images, self._labels.indices.tolist(), strict=True):
            pixels = image if image.ndim == 3 else image[:, :, np.newaxis]
            yield Example(pixels.astype(info.dtype, copy=False), label)

    def locate(self, index: int) -> str:
        return f"x[{index}]"

    @cached_property
    def _header(self) -> NpyHeader:
        with self._open() as archive, translate_read_errors(self._path):
            found = sorted(
                name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")
            )
            if missing := [name for name in ("x", "y") if name not in found]:
                raise UserError(
                    f"{self._path}: no array {' and '.join(map(repr, missing))}, found"
                    f" {', '.join(found[:8]) or 'nothing'}; save images as x and labels as y"
                )
            return self._parse_header(archive, "x")

    @cached_property
    def _labels(self) -> ClassLabels:
        with self._open() as archive, translate_read_errors(self._path):
            _check_labels(self._parse_header(archive, "y"), self._header, origin=str(self._path))
            labels = read_npy(archive, "y")
        return class_labels(labels, origin=str(self._path))

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

    def _chunks(self) -> Iterator[npt.NDArray[Any]]:
        with self._open() as archive, translate_read_errors(self._path):
            yield from stream_npy(archive, "x")

    def _stored_dtype(self, report: ReportProgress | None) -> Literal["uint8", "float32"]:
        """Returns uint8 if the source has integers from 0 to 255, else float32.

        Raises:
            UserError: Some values are not finite.
        """
        kind, seen, bad, first_bad = self._header.dtype.kind, 0, 0, ""
        if self._header.dtype in (np.bool_, np.uint8):
            return "uint8"
        fits = kind != "f"
        for chunk in self._chunks():
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
                report("checking values", seen, self._header.shape[0])
        if bad:
            raise UserError(
                f"{self._path}: {bad} values of x are NaN, infinite or too large for float32,"
                f" the first is x[{first_bad}]; remove or replace them"
            )
        return "uint8" if fits else "float32"


def _is_finite(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    with np.errstate(over="ignore"):
        return np.isfinite(values.astype(np.float32, copy=False))


def _check_labels(labels: NpyHeader, images: NpyHeader, *, origin: str) -> None:
    """Checks the header of the labels before they are read into memory."""
    if labels.shape[:1] not in ((), images.shape[:1]):
        raise UserError(
            f"{origin}: x has {images.shape[0]} examples and y has {labels.shape[0]}; the numbers"
            " must be equal"
        )
    if labels.array_bytes > _MAX_LABEL_BYTES:
        raise UserError(
            f"{origin}: y has shape {labels.shape} and dtype {labels.dtype}, more than 1 GiB; save"
            " one integer or short string per example"
        )


def _check_images(header: NpyHeader, *, origin: str) -> None:
    shape = header.shape
    if header.dtype.kind not in "biuf":
        raise UserError(f"{origin}: x has dtype {header.dtype}; images must be numbers")
    if len(shape) not in (3, 4):
        raise UserError(
            f"{origin}: x has shape {shape}; it must be (n, height, width) or"
            " (n, height, width, channels)"
        )
    if len(shape) == 4 and not 1 <= shape[3] <= 4:
        remedy = (
            "the channels seem to be the first axis: save x.transpose(0, 2, 3, 1)"
            if 1 <= shape[1] <= 4
            else "the last axis must be 1 to 4 channels"
        )
        raise UserError(f"{origin}: x has shape {shape}, thus {shape[3]} channels; {remedy}")
    if shape[1] * shape[2] > MAX_PIXELS:
        raise UserError(
            f"{origin}: x has shape {shape}, more than {MAX_PIXELS:,} pixels per image; reduce the"
            " size of the images"
        )
    if 0 in shape:
        raise UserError(f"{origin}: x has shape {shape}, thus no pixels; add images")
    if header.column_major:
        raise UserError(
            f"{origin}: x is in column-major (Fortran) order; save numpy.ascontiguousarray(x)"
        )
