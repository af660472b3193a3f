"""Arrays in the form that the page gets: a JSON manifest, then the numbers as little-endian float32."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from starlette.responses import Response

MEDIA_TYPE = "application/octet-stream"


def pack(arrays: Mapping[str, np.ndarray], extra: Mapping[str, Any] | None = None) -> bytes:
    """Pack several arrays into one body.

    The length of the manifest as uint32, the manifest ``{"tensors": [{"name", "shape", "offset"}, …], **extra}``,
    spaces up to a multiple of 4 bytes, and the arrays one after another. ``offset`` counts bytes from the first array.
    All numbers are little-endian, as are the arrays of every browser.

    Args:
        arrays: The arrays by name; converted to float32.
        extra: Further content of the manifest. NumPy's numbers and arrays are written as plain ones; numbers that are
            not finite become null, since JSON has no others.
    """
    entries, parts, offset = [], [], 0
    for name, array in arrays.items():
        part = np.ascontiguousarray(array, "<f4").tobytes()
        entries.append({"name": name, "shape": list(np.shape(array)), "offset": offset})
        parts.append(part)
        offset += len(part)
    manifest = to_json({"tensors": entries, **(extra or {})})
    manifest += b" " * (-len(manifest) % 4)
    return b"".join([len(manifest).to_bytes(4, "little"), manifest, *parts])


def tensors(arrays: Mapping[str, np.ndarray], extra: Mapping[str, Any] | None = None) -> Response:
    """An answer that holds the result of `pack`."""
    return Response(pack(arrays, extra), media_type=MEDIA_TYPE)


def to_json(content: Any) -> bytes:
    """Compact JSON that every browser reads: NaN and infinity become null."""
    return json.dumps(_plain(content), allow_nan=False, separators=(",", ":")).encode()


def _plain(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {str(name): _plain(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, np.ndarray | np.generic):
        return _plain(content.tolist())
    if isinstance(content, float) and not np.isfinite(content):
        return None
    return content


class Json(Response):
    """An answer that holds the result of `to_json`."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        return to_json(content)
