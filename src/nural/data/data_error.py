"""The one error that unusable data raises."""

import os
from collections.abc import Sequence

_LONGEST = 200
_NAMED = 12


class DataError(ValueError):
    """A file or picture is not what it should be; the message says so in one sentence.

    Args:
        source: The file (or the place in it) at fault.
        expected: What should have been there.
        found: What was there.
    """

    def __init__(self, source: str | os.PathLike[str], expected: str, found: str) -> None:
        if len(found) > _LONGEST:  # it may quote a damaged file
            found = found[:_LONGEST] + "…"
        super().__init__(source, expected, found)  # all three, so that the error can be pickled

    def __str__(self) -> str:
        source, expected, found = self.args
        return f"{source}: expected {expected}, found {found}"


def listed(names: Sequence[str]) -> str:
    """Names as a list in a sentence; of very many, only the first."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
