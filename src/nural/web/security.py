"""Which requests are answered, and how large they may be: every request is checked here first.

A page on the web can make a browser send requests to loopback, and a name that it owns can be pointed at 127.0.0.1. So
the Host must be one of loopback's own names, requests that change something must come from this page (Origin), and
pages of other sites may not even read (Sec-Fetch-Site). The size of bodies is bounded, announced or not.
"""

from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

MEGABYTE = 1 << 20
BODY, PICTURE = MEGABYTE, 32 * MEGABYTE
SAFE_METHODS = {"GET", "HEAD"}
SENT_ALONG = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class TooLarge(Exception):
    """A body exceeds its bound."""


class Security:
    """ASGI middleware.

    Args:
        app: The application that answers the requests that pass.
        port: The port of the server, which Host and Origin must name.
    """

    def __init__(self, app: Any, port: int) -> None:
        self.app = app
        self.hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        if port == 80:
            self.hosts |= {"127.0.0.1", "localhost", "[::1]"}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer with an error, or pass the request on with bounds and headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def send_along(message: Any) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers.update(SENT_ALONG)
                # no-cache: an unchanged file is asked for again, but not sent again
                headers.setdefault("cache-control", "no-store" if scope["path"].startswith("/api/") else "no-cache")
            await send(message)

        headers = Headers(scope=scope)
        limit = PICTURE if headers.get("content-type", "").startswith("image/") else BODY
        too_large = f"the body is larger than {limit // MEGABYTE} MB"
        refusal = self._refusal(scope, headers)
        if refusal is None and _announced(headers) > limit:
            refusal = 413, too_large
        if refusal is not None:
            status, sentence = refusal
            await JSONResponse({"error": sentence}, status, {"connection": "close"})(scope, receive, send_along)
            return
        size = 0

        async def receive_bounded() -> Any:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                raise TooLarge
            return message

        try:
            await self.app(scope, receive_bounded, send_along)
        except TooLarge:
            if begun:
                raise
            await JSONResponse({"error": too_large}, 413, {"connection": "close"})(scope, receive, send_along)

    def _refusal(self, scope: Any, headers: Headers) -> tuple[int, str] | None:
        """Status and sentence, or None if the request may pass."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return 403, "this server answers to its own address on this machine alone, such as 127.0.0.1"
        origins = headers.getlist("origin")
        foreign = any(origin.lower() not in {f"http://{host}" for host in self.hosts} for origin in origins)
        elsewhere = headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        if foreign or (elsewhere and scope["path"].startswith("/api/")):
            return 403, "the request comes from another page"
        if scope["method"] not in SAFE_METHODS and len(origins) != 1:
            return 403, "a request that may change something must name its Origin"
        return None


def _announced(headers: Headers) -> int:
    """The announced length of a body; HTTP's parser has refused lengths that are no numbers."""
    length = headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0
