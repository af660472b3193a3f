"""Who may ask, and how much at once: every request passes through here before anything else sees it.

A page on the web can make a browser send requests to loopback, and a name that it owns can be pointed at 127.0.0.1. So
the Host must be one of loopback's own names, whatever changes something must come from this page (Origin), and no other
site's page may even read (Sec-Fetch-Site). Bodies end at a bound, whether their length is announced or not.
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
    """A body went past its bound."""


class Security:
    """ASGI middleware.

    Args:
        app: What answers the requests that pass.
        port: Where the server listens; part of what Host and Origin must be.
    """

    def __init__(self, app: Any, port: int) -> None:
        self.app = app
        self.hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        if port == 80:
            self.hosts |= {"127.0.0.1", "localhost", "[::1]"}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer with an error, or hand on with bounds and headers."""
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
        """Status and sentence, or None where the request may pass."""
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
    """The length that a body is said to have; HTTP's parser has refused those that are no numbers."""
    length = headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0
