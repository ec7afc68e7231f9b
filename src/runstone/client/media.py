"""Pictures: what ``log_image`` takes, made into files."""

from __future__ import annotations

import re
import uuid
import warnings
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runstone._lazy import need
from runstone.errors import InvalidValue

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image
    from numpy.typing import NDArray

#: Longest side of a preview, pixels.
PREVIEW_SIDE = 256
_KEY = re.compile(r"[A-Za-z0-9_\-./ ]+")


class Image:
    """A picture to log, in a table or by itself.

    Args:
        image: a NumPy array or nested list of shape (height, width), (height, width, 1), (height, width, 3) or
            (height, width, 4), integers 0 to 255 or floats 0 to 1; a ``PIL.Image.Image``; or the path of a picture file.
    """

    def __init__(self, image: Any) -> None:
        if isinstance(image, (str, PathLike)):
            with need("PIL.Image", "reading a picture", "pillow").open(image) as opened:
                opened.load()
                picture = opened
        elif isinstance(image, list):
            picture = from_array(need("numpy", "a picture made of lists").array(image))
        else:
            picture = to_pil(image)
        self.image: PIL.Image.Image = picture
        self.size: tuple[int, int] = picture.size

    def to_pil(self) -> PIL.Image.Image:
        return self.image

    def to_array(self) -> NDArray[np.uint8]:
        """The pixels, shape (height, width) or (height, width, channels)."""
        array: NDArray[np.uint8] = need("numpy", "a picture as an array").array(self.image)
        return array

    def to_list(self) -> list[Any]:
        """The pixels, row after row: numbers, or tuples with a number for each channel."""
        array = self.to_array()
        return array.ravel().tolist() if array.ndim == 2 else [tuple(pixel) for row in array.tolist() for pixel in row]

    def save(self, path: str | PathLike[str]) -> None:
        self.image.save(path)

    def resize(self, size: tuple[int, int]) -> Image:
        """A copy of ``size`` (width, height)."""
        return Image(self.image.resize(size))


def is_picture(thing: Any) -> bool:
    """Whether a table's cell is a picture: a :class:`Image`, a PIL image, or what acts like one."""
    return hasattr(thing, "size") and callable(getattr(thing, "save", None)) and callable(getattr(thing, "resize", None))


def to_pil(image: Any) -> PIL.Image.Image:
    """Raises: TypeError for anything but an array, a PIL image or an :class:`Image` (as MLflow does)."""
    if isinstance(image, Image):
        return image.image
    pil = need("PIL.Image", "log_image", "pillow")
    if isinstance(image, pil.Image):
        found: PIL.Image.Image = image
        return found
    if hasattr(image, "__array_interface__"):
        return from_array(image)
    raise TypeError(f"A picture is a numpy.ndarray, a PIL.Image.Image or a runstone.Image, not {type(image).__name__}.")


def from_array(array: NDArray[Any]) -> PIL.Image.Image:
    """An array of pixels as a PIL image; see :class:`Image` for shapes and ranges."""
    pil = need("PIL.Image", "log_image", "pillow")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"An array of {array.dtype} is no picture; use bool, integers 0 to 255, or floats 0 to 1.")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))) or array.size == 0:
        raise InvalidValue(
            f"An array of shape {array.shape} is no picture; use (height, width), "
            "or (height, width, channels) with 1, 3 or 4 channels."
        )
    made: PIL.Image.Image = pil.fromarray(_bytes(array))
    return made


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    low, high = array.min(), array.max()
    if array.dtype.kind in "iu":
        if low < 0 or high > 255:
            raise InvalidValue(f"Whole-number pixels must be 0 to 255; these run from {low} to {high}. Scale them first.")
        return array.astype("uint8")
    if array.dtype.kind == "f" and not (low >= 0 and high <= 1):
        if not (abs(low) < float("inf") and abs(high) < float("inf")):  # NaN fails every comparison
            raise InvalidValue(f"Pixels must be finite numbers; these run from {low} to {high}.")
        warnings.warn(
            f"Float pixels should be 0 to 1; these run from {low:g} to {high:g} and were scaled to fit.", stacklevel=2
        )
        array = (array - low) / (high - low)
    return (array * 255).astype("uint8")


def preview(image: PIL.Image.Image) -> PIL.Image.Image:
    """A copy whose longer side is :data:`PREVIEW_SIDE` pixels."""
    factor = PREVIEW_SIDE / max(image.size)
    return image.resize((max(1, int(image.width * factor)), max(1, int(image.height * factor))))


def step_name(key: str, step: int, timestamp: int) -> str:
    """MLflow's path, without ending, of the picture that ``key`` was at ``step`` (milliseconds since 1970).

    Raises:
        ValueError: the key has a character that cannot stand in it.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InvalidValue(
            f"Invalid picture key {key!r}: use letters, digits, underscores, dashes, dots, spaces and slashes, "
            "such as 'samples/epoch'."
        )
    return f"images/{key.replace('/', '~')}+step+{step}+timestamp+{timestamp}+{uuid.uuid4()}"


def save(image: PIL.Image.Image, place: Path) -> None:
    """Save in the format that the ending names.

    Raises: InvalidValue for an ending that names none, or that cannot hold this kind of pixels.
    """
    try:
        image.save(place)
    except (ValueError, KeyError) as cause:
        raise InvalidValue(f"A picture cannot be saved as {place.name!r}: {cause}. Try an ending such as .png.") from cause
    except OSError as cause:
        if cause.errno is not None:
            raise
        raise InvalidValue(f"A picture of mode {image.mode} cannot be saved as {place.name!r}: {cause}. Try .png.") from cause
