"""Images, in the preparation of data."""

import hashlib
import math
from collections.abc import Sequence
from itertools import islice
from typing import cast

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.card import CONTACT_SHEET_FILE
from kubenas.data.kinds.image.contact_sheet import ContactSheet
from kubenas.data.kinds.image.mirroring import MAX_IMAGES, keeps_class_when_mirrored, shrink
from kubenas.data.kinds.image.moments import ChannelMoments
from kubenas.data.kinds.image.near_duplicates import (
    FEATURES,
    find_near_duplicates,
    perceptual_features,
)
from kubenas.data.kinds.image.resize import convert_image
from kubenas.data.kinds.kind import (
    ExampleKind,
    Fingerprints,
    Fitted,
    Overview,
    ReadStored,
    Stored,
    StoredExamples,
)
from kubenas.data.kinds.near_duplicates import NearDuplicates
from kubenas.data.source import Content, Image, SourceInfo


class ImageKind(ExampleKind):
    """Images of one shape and dtype."""

    name = "image"
    singular = "an image"
    plural = "images"
    content = "pixels"
    origins = "cameras, crops"
    linear_features = "pixels"
    linear_model = "kubenas.training.simple_models.linear_model"
    fingerprint = ("float32", FEATURES)

    def store(self, content: Content, info: SourceInfo) -> Stored:
        image = convert_image(_pixels(content), _map(info.shape), info.dtype)
        return Stored(image.tobytes(), perceptual_features(image))

    def content_key(self, content: Content, seed: int) -> int:
        """Returns a 64-bit hash of the pixels and the seed, independent of the dtype."""
        pixels = _to_canonical_dtype(_pixels(content))
        digest = hashlib.sha256(f"{seed}:{pixels.shape}:{pixels.dtype}:".encode())
        digest.update(pixels.tobytes())
        return int.from_bytes(digest.digest()[:8])

    def near_duplicates(
        self,
        fingerprints: Fingerprints,
        labels: npt.NDArray[np.int32],
        read: ReadStored,
        info: SourceInfo,
    ) -> NearDuplicates:
        def images(positions: npt.NDArray[np.intp]) -> Image:
            return _decode(b"".join(read(positions)), info)

        image_bytes = math.prod(info.shape) * np.dtype(info.dtype).itemsize
        return find_near_duplicates(fingerprints, labels, images, image_bytes)

    def fit(self, train: StoredExamples, info: SourceInfo) -> Fitted:
        moments = ChannelMoments(info.shape[2])
        for data, _ in train.examples():
            moments.add(_decode(data, info)[0])
        fields = {
            "normalization": moments.normalization(),
            "mirror_symmetric": _is_mirror_symmetric(train, info),
        }
        return Fitted(info.shape, fields)

    def overview(self, info: SourceInfo) -> "_Thumbnails":
        return _Thumbnails(info)

    def describe(self, shape: Sequence[int], dtype: str) -> str:
        height, width, channels = shape
        return f"{height} x {width} pixels, {channels} channel(s), stored as {dtype}"

    def describe_input(self, shape: Sequence[int]) -> Sequence[str]:
        height, width, channels = shape
        return (
            f"Input `image`: float32, (batch, {height}, {width}, {channels}), raw values as in the",
            "training data; the model includes the normalisation.",
        )


class _Thumbnails:
    """The overview of images: a contact sheet."""

    def __init__(self, info: SourceInfo) -> None:
        self._info = info
        self._sheet = ContactSheet()

    def add(self, data: bytes, label: int) -> None:
        self._sheet.add(_decode(data, self._info)[0], label)

    def build(self, classes: Sequence[str]) -> Overview:
        return Overview(files={CONTACT_SHEET_FILE: self._sheet.to_png(classes)})


def _pixels(content: Content) -> Image:
    return cast("Image", content)


def _map(shape: Sequence[int]) -> tuple[int, int, int]:
    height, width, channels = shape
    return height, width, channels


def _decode(data: bytes, info: SourceInfo) -> Image:
    """Returns the images that are stored one after the other."""
    return np.frombuffer(data, info.dtype).reshape(-1, *info.shape)


def _is_mirror_symmetric(train: StoredExamples, info: SourceInfo) -> bool:
    images, labels = [], []
    for data, label in islice(train.examples(), MAX_IMAGES):
        images.append(shrink(_decode(data, info)[0]))
        labels.append(label)
    return keeps_class_when_mirrored(np.stack(images), np.asarray(labels, np.int32))


def _to_canonical_dtype(image: Image) -> Image:
    if image.dtype == np.uint8:
        return image
    with np.errstate(invalid="ignore"):
        small = image.astype(np.uint8)
    return small if np.array_equal(small, image) else image.astype(np.float32, copy=False)
