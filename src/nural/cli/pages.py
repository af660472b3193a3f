"""The pages of the picture files that a command is given."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nural.cli.names import printable
from nural.data import pages

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class FilePage:
    """A page of a file, or all of one that has a single page.

    Attributes:
        file: The file.
        picture: What `nural.data.prepare` takes.
        number: The number of the page, from 1; None for the only page.
    """

    file: Path
    picture: "Path | Image"
    number: int | None

    def __str__(self) -> str:
        """What the commands call it."""
        return printable(self.file) if self.number is None else f"{printable(self.file)}, page {self.number}"

    def as_json(self) -> dict[str, Any]:
        """The fields that say what it is."""
        return {"file": str(self.file)} if self.number is None else {"file": str(self.file), "page": self.number}


def pages_of(file: Path) -> Iterator[FilePage]:
    """Each page of a picture file.

    Raises:
        DataError: it cannot be read, at the page that is damaged.
    """
    for number, picture in enumerate(pages(file), start=1):
        yield FilePage(file, picture, None if isinstance(picture, Path) else number)
