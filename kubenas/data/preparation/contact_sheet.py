"""examples.png: a few pictures of each class, so that a person can see what was read."""

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage
from PIL import ImageDraw

from kubenas.data.preparation.resize import resize
from kubenas.data.source import Image

MAX_CLASSES = 20
IMAGES_PER_CLASS = 6
MAX_BYTES = 200_000

_CELLS = (56, 44, 32, 24)
_GAP = 4
_NAME_WIDTH = 120
_NAME_LENGTH = 18


class ContactSheet:
    """Keeps the first few pictures of the first classes, as thumbnails."""

    def __init__(self) -> None:
        self._pictures: defaultdict[int, list[Image]] = defaultdict(list)

    def add(self, image: Image, label: int) -> None:
        """Takes ``image`` in unless there are enough of its class."""
        if label < MAX_CLASSES and len(self._pictures[label]) < IMAGES_PER_CLASS:
            self._pictures[label].append(_shrunk(image))

    def to_png(self, classes: Sequence[str]) -> bytes:
        """A PNG with a row a class, smaller than ``MAX_BYTES``."""
        pictures = _as_rgb(self._pictures)
        for cell in _CELLS:
            data = _png(_drawn(pictures, classes[:MAX_CLASSES], cell))
            if len(data) < MAX_BYTES:
                break
        return data


def _shrunk(image: Image) -> Image:
    height, width = image.shape[:2]
    factor = _CELLS[0] / max(height, width)
    if factor >= 1:
        return image.copy()
    return resize(image, (max(1, round(height * factor)), max(1, round(width * factor))))


def _as_rgb(pictures: Mapping[int, Sequence[Image]]) -> dict[int, list[npt.NDArray[np.uint8]]]:
    """uint8 RGB, all stretched alike from the smallest to the largest value there is."""
    everything = [image for group in pictures.values() for image in group]
    low = min(float(image.min()) for image in everything)
    high = max(float(image.max()) for image in everything)
    scale = 255 / (high - low) if high > low else 1.0
    return {
        label: [
            ((image[:, :, _shown(image)].astype(np.float64) - low) * scale).astype(np.uint8)
            for image in group
        ]
        for label, group in pictures.items()
    }


def _shown(image: Image) -> list[int]:
    return [0, 1, 2] if image.shape[2] >= 3 else [0, 0, 0]


def _drawn(
    pictures: Mapping[int, Sequence[npt.NDArray[np.uint8]]], classes: Sequence[str], cell: int
) -> PilImage.Image:
    step = cell + _GAP
    size = (_NAME_WIDTH + IMAGES_PER_CLASS * step, len(classes) * step + _GAP)
    sheet = PilImage.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for label, name in enumerate(classes):
        top = _GAP + label * step
        draw.text((_GAP, top + cell // 2), name[:_NAME_LENGTH], fill="black", anchor="lm")
        for column, image in enumerate(pictures.get(label, ())):
            sheet.paste(_fitted(image, cell), (_NAME_WIDTH + column * step, top))
    return sheet


def _fitted(image: npt.NDArray[np.uint8], cell: int) -> PilImage.Image:
    height, width = image.shape[:2]
    factor = cell / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    grown = PilImage.Resampling.NEAREST if factor > 1 else PilImage.Resampling.BILINEAR
    return PilImage.fromarray(image).resize(size, grown)


def _png(sheet: PilImage.Image) -> bytes:
    """With a palette of 128 colours, which halves what noisy pictures take."""
    buffer = io.BytesIO()
    sheet.quantize(128).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
