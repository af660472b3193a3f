"""Arrays on their way to the page: a JSON manifest, then the numbers as little-endian float32."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from starlette.responses import Response

MEDIA_TYPE = "application/octet-stream"


def pack(arrays: Mapping[str, np.ndarray], extra: Mapping[str, Any] | None = None) -> bytes:
    """One body for several arrays.

    The length of the manifest as uint32, the manifest ``{"tensors": [{"name", "shape", "offset"}, …], **extra}``,
    spaces up to a multiple of 4 bytes, and the arrays one behind another. ``offset`` counts bytes from the first array.
    All numbers are little-endian, as every browser's arrays are.

    Args:
        arrays: By name; converted to float32.
        extra: What else the manifest says. NumPy's numbers and arrays are written as plain ones, and what is not
            finite as null, which JSON has instead.
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
    """The answer that `pack` makes."""
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
    """`to_json` as an answer."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        return to_json(content)
