"""The server bounds what uvicorn leaves open, and every answer carries our headers."""

import asyncio
from typing import Any

import pytest
from litestar import Litestar, get

from libs.web import server
from libs.web.headers import SecureHeaders, is_foreign_post, security_headers
from libs.web.server import MAX_HEADER_BYTES, serve_http


@get("/", sync_to_thread=False)
def hello() -> str:
    """A page."""
    return "hello"


def app() -> Any:
    return SecureHeaders(Litestar([hello], openapi_config=None), security_headers(https=True))


async def talk(port: int, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text)
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_answers_carry_the_headers_also_when_the_page_is_missing() -> None:
    async with serve_http(app(), "127.0.0.1:0") as running:
        for path in (b"/", b"/missing"):
            answer = await talk(running.port, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            head = answer.partition(b"\r\n\r\n")[0].lower()
            for name in (
                b"cache-control: no-store",
                b"content-security-policy: default-src 'none'",
                b"referrer-policy",
            ):
                assert name in head
            assert b"strict-transport-security" in head
            assert b"server:" not in head


async def test_endless_headers_are_cut() -> None:
    async with serve_http(app(), "127.0.0.1:0") as running:
        assert await talk(running.port, b"GET / HTTP/1.1\r\nX: " + b"a" * (MAX_HEADER_BYTES + 1)) == b""


async def test_slow_headers_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.1)
    async with serve_http(app(), "127.0.0.1:0") as running:
        assert await talk(running.port, b"GET / HTTP/1.1\r\n") == b""
        assert await talk(running.port, b"") == b""


async def test_what_is_not_http_gets_an_error_of_our_form() -> None:
    async with serve_http(app(), "127.0.0.1:0") as running:
        assert b'{"error":{"reason":"MALFORMED"' in await talk(running.port, b"\x16\x03\x01\r\n\r\n")


def test_only_other_sites_posts_are_foreign() -> None:
    assert is_foreign_post({"sec-fetch-site": "cross-site"})
    assert not is_foreign_post({"sec-fetch-site": "same-site"})
    assert not is_foreign_post({})
