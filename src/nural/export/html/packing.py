"""A network in the form that a page holds: its steps as JSON, its arrays as text."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nural.export.calls import calls_of
from nural.export.quantisation import Quantised
from nural.export.steps import Step

KIND = "HTML"
#: Characters that HTML's parser changes, and the one that begins a tag: they are written 256 higher.
UNSAFE = frozenset({0, ord("\r"), ord("<")})
_CHARACTERS = [chr(value + 256 * (value in UNSAFE)) for value in range(128)]


@dataclass
class _Arrays:
    """Collects arrays, one after another, by kind."""

    whole: list[np.ndarray] = field(default_factory=list)
    floats: list[np.ndarray] = field(default_factory=list)

    def keep(self, value: Any) -> Any:
        """A number unchanged; for an array, its place."""
        if not isinstance(value, np.ndarray):
            return value if value is None or isinstance(value, int) else float(value)
        kind, arrays = ("whole", self.whole) if value.dtype == np.int8 else ("float", self.floats)
        at = sum(array.size for array in arrays)
        arrays.append(value.ravel())
        return {"kind": kind, "at": at, "size": value.size}

    def content(self) -> bytes:
        """The content of all arrays."""
        return b"".join([*(a.tobytes() for a in self.whole), *(a.astype("<f4").tobytes() for a in self.floats)])


def packed(
    steps: Sequence[Step], quantised: Mapping[str, Quantised], meaning: Mapping[str, Any], path: Path
) -> tuple[str, str]:
    """The network as JSON, and its arrays as `seven_bit_text` of their compressed bytes.

    Args:
        steps: The steps of the network.
        quantised: The weights in whole numbers.
        meaning: The meaning of the outputs, by `nural.export.html.target.meaning_of`.
        path: The page, for errors.

    Raises:
        ExportError: a layer cannot be expressed.
    """
    arrays, listed = _Arrays(), []
    for i, (step, made) in enumerate(calls_of(steps, quantised, path, KIND)):
        fields = {name: arrays.keep(value) for name, value in made.fields.items()}
        described = {"function": made.function, "layer": fields, "size": prod(step.y_shape)}
        listed.append(described if step.reads == (i,) else described | {"reads": step.reads})
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)  # weights have no repetitions
    content = deflate.compress(arrays.content()) + deflate.flush()
    description = {
        **meaning,
        "bytes": len(content),
        "whole": sum(array.size for array in arrays.whole),
        "steps": listed,
    }
    text = json.dumps(description, separators=(",", ":")).replace("<", "\\u003c")  # a name must not end the script
    return text, seven_bit_text(content)


def seven_bit_text(content: bytes) -> str:
    """Bytes as text, seven bits per character: in UTF-8 7/8 of it is content, in base64 only 3/4.

    Characters that would not survive in an HTML file take two bytes.
    """
    bits = np.unpackbits(np.frombuffer(content, np.uint8))
    sevens = np.pad(bits, (0, -len(bits) % 7)).reshape(-1, 7)
    values = np.packbits(np.pad(sevens, ((0, 0), (1, 0))), axis=1)[:, 0]
    return "".join([_CHARACTERS[value] for value in values])
