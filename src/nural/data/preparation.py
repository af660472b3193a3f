"""How a picture is prepared for a network: the same in training and in use, so a model's file records it."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, Self

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import SIDE, to_float32
from nural.data.image import name_of, prepare_in_stages
from nural.data.image_file import read_picture
from nural.data.source_file import read_file
from nural.layer import Layer

if TYPE_CHECKING:
    from PIL.Image import Image

Shape = tuple[int, int, int]
DIGIT: Shape = (SIDE, SIDE, 1)


@dataclass(frozen=True)
class Preparation:
    """How a picture becomes the row of numbers that a network takes; call it with a picture to get that row.

    `nural train` leaves it in the model's file as ``info["preparation"]``, where `preparation_of` finds it.

    Attributes:
        kind: "digit": as `prepare` does it. "as is": the picture's own pixels, grey or in colour, all of one size.
        shape: ``(H, W, C)`` for "as is", with C = 1 for grey and 3 for colour; None to take it from the first pictures.
    """

    kind: Literal["digit", "as is"] = "digit"
    shape: Shape | None = None

    @property
    def picture_shape(self) -> Shape:
        """``(H, W, C)`` of what the network sees."""
        return DIGIT if self.kind == "digit" or self.shape is None else self.shape

    def __call__(self, image: "str | os.PathLike[str] | IO[bytes] | Image") -> np.ndarray:
        """The row of a picture: float32 ``(H·W·C,)``, 0..255 divided by 256.

        Args:
            image: A path, an open file or Pillow's image.

        Raises:
            DataError: it cannot be read, or has another size or more colours than ``shape``, or shows no digit.
        """
        return to_float32(self.levels(image))

    def levels(self, image: "str | os.PathLike[str] | IO[bytes] | Image") -> np.ndarray:
        """The same as uint8."""
        if self.kind == "digit":
            return prepare_in_stages(image)["centred"].ravel()
        return self.fitted(own_levels(image), name_of(image))

    def fitted(self, picture: np.ndarray, source: str | os.PathLike[str]) -> np.ndarray:
        """The row of a picture read as it is, ``(H, W)`` or ``(H, W, 3)``; grey fits where colours are asked."""
        height, width, channels = self.picture_shape
        if picture.shape[:2] != (height, width):
            found = f"{picture.shape[1]}×{picture.shape[0]}"
            raise DataError(source, f"{width}×{height} pixels, as of all pictures that are kept as they are", found)
        if picture.ndim == 3 and channels == 1:
            raise DataError(source, "a grey picture, as all others are", "colours")
        return np.broadcast_to(picture if picture.ndim == 3 else picture[..., np.newaxis], self.picture_shape).ravel()

    def pictures(self, x: np.ndarray) -> np.ndarray:
        """Rows of pixels as pictures to look at, ``(N, H, W, C)``, 1 for white: digits are dark on light."""
        images = x.reshape(-1, *self.picture_shape)
        return 1 - images if self.kind == "digit" else images

    def __str__(self) -> str:
        """The size and the colours that pictures have afterwards, in words."""
        height, width, channels = self.picture_shape
        return f"{width}×{height} pixels, {'grey' if channels == 1 else 'in colour'}"

    def as_json(self) -> dict[str, Any]:
        """The preparation as a model's file holds it."""
        return {"kind": self.kind} if self.kind == "digit" else {"kind": self.kind, "shape": list(self.picture_shape)}

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """The preparation that `as_json` described; ValueError if it described none."""
        match content:
            case {"kind": "digit"}:
                return cls()
            case {"kind": "as is", "shape": [int(height), int(width), 1 | 3 as channels]} if min(height, width) > 0:
                return cls("as is", (height, width, channels))
        raise ValueError(f"expected a preparation of pictures in the model's description, found {content!r}")


def own_levels(image: "str | os.PathLike[str] | IO[bytes] | Image") -> np.ndarray:
    """A picture with its own size and colours; see `read_picture`."""
    content = io.BytesIO(read_file(Path(image))) if isinstance(image, str | os.PathLike) else image
    return read_picture(content, name_of(image))


def preparation_of(model: Layer) -> Preparation | None:
    """The preparation that a model's ``info`` describes; None if it describes none.

    Raises:
        ValueError: the description is invalid.
    """
    said = model.info.get("preparation")
    return None if said is None else Preparation.from_json(said)
