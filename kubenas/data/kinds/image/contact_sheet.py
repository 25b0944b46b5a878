"""The contact sheet ``examples.png``: a few images of each class, for a visual check."""

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage
from PIL import ImageDraw

from kubenas.data.kinds.image.resize import resize
from kubenas.data.source import Image

MAX_CLASSES = 20
IMAGES_PER_CLASS = 6
MAX_BYTES = 200_000

_CELLS = (56, 44, 32, 24)
_GAP = 4
_NAME_WIDTH = 120
_NAME_LENGTH = 18


class ContactSheet:
    """Collects thumbnails of the first few images of the first classes."""

    def __init__(self) -> None:
        self._thumbnails: defaultdict[int, list[Image]] = defaultdict(list)

    def add(self, image: Image, label: int) -> None:
        """Adds ``image`` unless the sheet has enough images of its class."""
        if label < MAX_CLASSES and len(self._thumbnails[label]) < IMAGES_PER_CLASS:
            self._thumbnails[label].append(_shrink(image))

    def to_png(self, classes: Sequence[str]) -> bytes:
        """Returns a PNG smaller than ``MAX_BYTES``, with one row per class."""
        thumbnails = _as_rgb(self._thumbnails)
        for cell in _CELLS:
            data = _encode_png(_draw(thumbnails, classes[:MAX_CLASSES], cell))
            if len(data) < MAX_BYTES:
                break
        return data


def _shrink(image: Image) -> Image:
    height, width = image.shape[:2]
    factor = _CELLS[0] / max(height, width)
    if factor >= 1:
        return image.copy()
    return resize(image, (max(1, round(height * factor)), max(1, round(width * factor))))


def _as_rgb(thumbnails: Mapping[int, Sequence[Image]]) -> dict[int, list[npt.NDArray[np.uint8]]]:
    """Converts all thumbnails to uint8 RGB, scaled by the overall minimum and maximum."""
    images = [image for group in thumbnails.values() for image in group]
    low = min(float(image.min()) for image in images)
    high = max(float(image.max()) for image in images)
    scale = 255 / (high - low) if high > low else 1.0
    return {
        label: [
            ((image[:, :, _rgb_channels(image)].astype(np.float64) - low) * scale).astype(np.uint8)
            for image in group
        ]
        for label, group in thumbnails.items()
    }


def _rgb_channels(image: Image) -> list[int]:
    return [0, 1, 2] if image.shape[2] >= 3 else [0, 0, 0]


def _draw(
    thumbnails: Mapping[int, Sequence[npt.NDArray[np.uint8]]], classes: Sequence[str], cell: int
) -> PilImage.Image:
    step = cell + _GAP
    size = (_NAME_WIDTH + IMAGES_PER_CLASS * step, len(classes) * step + _GAP)
    sheet = PilImage.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for label, name in enumerate(classes):
        top = _GAP + label * step
        draw.text((_GAP, top + cell // 2), name[:_NAME_LENGTH], fill="black", anchor="lm")
        for column, image in enumerate(thumbnails.get(label, ())):
            sheet.paste(_fit(image, cell), (_NAME_WIDTH + column * step, top))
    return sheet


def _fit(image: npt.NDArray[np.uint8], cell: int) -> PilImage.Image:
    height, width = image.shape[:2]
    factor = cell / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    resampling = PilImage.Resampling.NEAREST if factor > 1 else PilImage.Resampling.BILINEAR
    return PilImage.fromarray(image).resize(size, resampling)


def _encode_png(sheet: PilImage.Image) -> bytes:
    """Encodes with a palette of 128 colours, which halves the size for noisy images."""
    buffer = io.BytesIO()
    sheet.quantize(128).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
