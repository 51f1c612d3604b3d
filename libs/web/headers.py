"""Response headers that hold for every answer of ours, error pages and static files included.

Pages carry what a frightened person writes, so nothing may be cached, framed, referred onward or loaded from elsewhere.
Sources: CSP Level 3, Referrer Policy, Permissions Policy, Fetch Metadata (W3C); OWASP secure headers.
"""

from collections.abc import Mapping, Sequence

from litestar.types import ASGIApp, Message, Receive, Scope, Send

_FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection",
    "local-fonts", "magnetometer", "microphone", "midi", "otp-credentials", "payment", "picture-in-picture",
    "publickey-credentials-get", "screen-wake-lock", "serial", "storage-access", "usb",
    "window-management", "xr-spatial-tracking",
)  # fmt: skip


def content_security_policy(form_targets: Sequence[str] = ()) -> str:
    """A policy that lets a page load from its own origin alone and post forms to itself and to `form_targets`."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            # The design system draws its icons as data: masks.
            "img-src 'self' data:",
            "connect-src 'self'",
            " ".join(("form-action 'self'", *form_targets)),
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ),
    )


def security_headers(form_targets: Sequence[str] = (), *, https: bool) -> Mapping[str, str]:
    """The headers; with `https` also the promise to be reached by TLS alone for two years."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": content_security_policy(form_targets),
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noarchive",
    }
    if https:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return headers


class SecureHeaders:
    """An ASGI app around another: adds the headers to every answer that has not set them itself."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on; lifespan messages go untouched."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message["headers"])
                names = [name.lower() for name, _ in given]
                message["headers"] = given + [header for header in self._headers if header[0] not in names]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def is_foreign_post(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that another site's page sent this. Our own origins differ in port or subdomain only.

    Takes the place of a token: where no cookie and no login is involved a token would guard nothing.
    """
    return headers.get("sec-fetch-site", "none") == "cross-site"
