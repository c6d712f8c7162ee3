"""What goes over the wire and what comes back is the same over each network that may lie below the client."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.http import (
    ClientSettings,
    HttpClient,
    HttpConnectError,
    HttpFactory,
    HttpProtocolError,
    HttpRequest,
    HttpResponse,
    HttpTlsError,
    HttpTooLargeError,
    by_aiohttp,
    by_httpx,
)
from connectors.transport.egress import BlockedError, Rules

Client = Callable[..., HttpClient]


@pytest.fixture(params=[by_aiohttp, by_httpx], ids=lambda network: network.__name__)
def client(request: pytest.FixtureRequest) -> Client:
    """A client of a server on this machine, over one network and then over the other."""

    def make(origin: str, resolve: Any = None, **settings: Any) -> HttpClient:
        rules = Rules(origin, networks=("127.0.0.0/8",), allow_http=True)
        factory = HttpFactory(network=request.param)
        factory.resolve = resolve or factory.resolve
        return factory.client(ClientSettings(rules, **settings))

    return make


async def sent(client: HttpClient, request: HttpRequest) -> HttpResponse:
    try:
        return await client.send(request, asyncio.get_running_loop().time() + 10)
    finally:
        await client.aclose()


@asynccontextmanager
async def answering(serve: Any, *answers: bytes) -> AsyncIterator[Any]:
    """A server that gives these answers in turn, the last one for ever."""
    left = list(answers)

    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])

    async with serve(answer) as server:
        yield server


@pytest.mark.parametrize(
    "target",
    [
        "/people?phone=%2B49%2030+1&x=a%20b",
        "/a/../b//c/%2e%2e/%7Euser",
        "/people(%27O''Brien%27)?$filter=a%20eq%20'+49'&q={}|^`",
        "/%c3%bc?%C3%BC=%zz",
        "/?a=b?c=d&&e",
        "/",
    ],
)
async def test_a_url_goes_out_byte_for_byte(target: str, client: Client, serve: Any, reply: Any) -> None:
    async with answering(serve, reply({})) as server:
        await sent(client(server.origin), HttpRequest("GET", server.origin + target))
    assert server.requests[0][0] == f"GET {target} HTTP/1.1"


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [("GET", b"", None), ("POST", b"", "0"), ("POST", b'{"a": 1}', "8"), ("PATCH", b"x", "1"), ("DELETE", b"", "0")],
)
async def test_only_our_own_headers_go_out_and_a_body_has_a_length(
    method: str, body: bytes, length: str | None, client: Client, serve: Any, reply: Any
) -> None:
    async with answering(serve, reply({})) as server:
        given = {"Accept": "application/json", "X-Name": "Müller"}
        await sent(client(server.origin), HttpRequest(method, server.origin + "/x", given, body))
    _, headers, received = server.requests[0]
    expected = {"host", "accept-encoding", "accept", "x-name"} | ({"content-length"} if length else set())
    assert set(headers) - {"connection"} == expected
    assert headers["host"] == server.origin.removeprefix("http://")
    assert headers["x-name"].encode("latin-1").decode() == "Müller"
    assert (headers.get("content-length"), received) == (length, body)


async def test_header_names_come_in_lower_case_and_repeated_ones_together(
    client: Client, serve: Any, reply: Any
) -> None:
    head = b"HTTP/1.1 200 OK\r\nLink: <a>\r\nLINK: <b>\r\nX-Long: " + b"x" * 30_000 + b"\r\nContent-Length: 2\r\n\r\n{}"
    async with answering(serve, head) as server:
        response = await sent(client(server.origin), HttpRequest("GET", server.origin + "/"))
    assert (response.headers["link"], len(response.headers["x-long"])) == ("<a>, <b>", 30_000)


async def test_a_cookie_is_not_sent_back_and_one_connection_serves_many(client: Client, serve: Any, reply: Any) -> None:
    ports = []

    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        ports.append(writer.get_extra_info("peername")[1])
        writer.write(reply({}, Set_Cookie="a=b"))

    async with serve(answer) as server:
        one = client(server.origin)
        for _ in range(3):
            await one.send(HttpRequest("GET", server.origin + "/"), asyncio.get_running_loop().time() + 10)
        await one.aclose()
    assert len(set(ports)) == 1
    assert all("cookie" not in headers for _, headers, _ in server.requests)


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"Content-Length: 5\r\n\r\nhello", b"hello"),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", b"hello"),
        (b"Connection: close\r\n\r\nhello", b"hello"),
        (b"Content-Encoding: gzip\r\nContent-Length: 25\r\n\r\n" + gzip.compress(b"hello"), b"hello"),
    ],
    ids=["length", "chunks", "until closed", "gzip"],
)
async def test_a_body_is_read_however_it_comes(raw: bytes, body: bytes, client: Client, serve: Any) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + raw)
        if raw.startswith(b"Connection"):
            writer.close()

    async with serve(answer) as server:
        response = await sent(client(server.origin), HttpRequest("GET", server.origin + "/"))
    assert response.body == body


@pytest.mark.parametrize(
    "body", [b"x" * 1001, gzip.compress(b"x" * 1001), gzip.compress(b"\0" * 20_000_000)], ids=["plain", "gzip", "bomb"]
)
async def test_reading_stops_where_a_body_is_too_large(body: bytes, client: Client, serve: Any, reply: Any) -> None:
    encoding = {"Content_Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
    limit = 1000 if len(body) < 5000 else 30_000_000
    async with answering(serve, reply(body, **encoding)) as server:
        with pytest.raises(HttpTooLargeError):
            await sent(client(server.origin, max_response=limit), HttpRequest("GET", server.origin + "/"))


@pytest.mark.parametrize(
    "answer",
    [
        b"SMTP ready\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    ],
)
async def test_what_is_not_http_is_an_error_of_the_protocol(answer: bytes, client: Client, serve: Any) -> None:
    async with answering(serve, answer) as server:
        with pytest.raises(HttpProtocolError):
            await sent(client(server.origin), HttpRequest("GET", server.origin + "/"))


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
async def test_nothing_is_sent_twice_when_a_connection_breaks(method: str, client: Client, serve: Any) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with serve(answer) as server:
        with pytest.raises(HttpProtocolError):
            await sent(client(server.origin), HttpRequest(method, server.origin + "/", {}, b""))
    assert len(server.requests) == 1


async def test_a_header_that_would_be_two_is_never_sent(client: Client, serve: Any, reply: Any) -> None:
    async with answering(serve, reply({})) as server:
        with pytest.raises(HttpProtocolError):
            await sent(client(server.origin), HttpRequest("GET", server.origin + "/", {"X-A": "b\r\nX-C: d"}))
    assert server.requests == []


async def test_a_closed_port_is_no_connection(client: Client) -> None:
    listening = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    listening.close()
    await listening.wait_closed()
    with pytest.raises(HttpConnectError):
        await sent(client(origin), HttpRequest("GET", origin + "/"))


@pytest.mark.parametrize(
    ("host", "addresses"),
    [("crm.example", ["10.0.0.1"]), ("crm.example", ["1.1.1.1", "10.0.0.1"]), ("10.0.0.1", ["10.0.0.1"])],
)
async def test_no_socket_is_opened_to_an_address_that_is_not_allowed(
    host: str, addresses: list[str], client: Client, no_socket: None
) -> None:
    async def resolve(name: str, port: int) -> list[str]:
        return addresses

    with pytest.raises(BlockedError):
        await sent(client(f"https://{host}", resolve), HttpRequest("GET", f"https://{host}/"))


async def test_an_event_stream_is_read_line_by_line(client: Client, serve: Any) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nda")
        await writer.drain()
        writer.write(b"ta: 1\r\n\r\ndata: \xc3\xbc\n")
        writer.close()

    async with serve(answer) as server:
        one = client(server.origin)
        lines = [line async for line in one.lines(HttpRequest("GET", server.origin + "/"))]
        await one.aclose()
    assert lines == ["data: 1", "", "data: ü"]


# Encryption, with a certificate of this test's own.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a self-signed certificate for crm.example, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "crm.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("crm.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "crm.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
async def encrypted(certificate: Path, reply: Any) -> AsyncIterator[tuple[int, list[str | None]]]:
    """A server on 127.0.0.1 that says it is crm.example: its port, and the names that it is asked for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    asked: list[str | None] = []
    context.sni_callback = lambda connection, name, _: asked.append(name)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply({"name": "Ada"}))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()


async def here(name: str, port: int) -> list[str]:
    return [str(ip_address("127.0.0.1"))]


async def test_a_trusted_certificate_is_held_against_the_name_and_not_the_address(
    encrypted: tuple[int, list[str | None]], certificate: Path, client: Client
) -> None:
    port, asked = encrypted
    origin = f"https://crm.example:{port}"
    response = await sent(client(origin, here, ca_file=str(certificate)), HttpRequest("GET", origin + "/"))
    assert (response.status, asked) == (200, ["crm.example"])


@pytest.mark.parametrize(("host", "trusted"), [("crm.example", False), ("other.example", True)])
async def test_a_certificate_of_nobody_or_of_another_is_refused(
    host: str, trusted: bool, encrypted: tuple[int, list[str | None]], certificate: Path, client: Client
) -> None:
    origin = f"https://{host}:{encrypted[0]}"
    with pytest.raises(HttpTlsError):
        await sent(
            client(origin, here, ca_file=str(certificate) if trusted else None), HttpRequest("GET", origin + "/")
        )


async def test_certificates_that_cannot_be_read_are_said_to_be_the_fault(client: Client, tmp_path: Path) -> None:
    with pytest.raises(HttpTlsError, match="cannot be read"):
        await sent(
            client("https://crm.example", here, ca_file=str(tmp_path / "none.pem")),
            HttpRequest("GET", "https://crm.example/"),
        )


# A proxy that the connection names.


async def test_a_proxy_of_the_connection_is_asked_and_one_of_the_environment_is_not(
    client: Client, serve: Any, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with answering(serve, reply({"by": "proxy"})) as proxy, answering(serve, reply({})) as server:
        request = HttpRequest("GET", server.origin + "/x?a=%20")
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
        await sent(client(server.origin), request)
        assert (len(server.requests), len(proxy.requests)) == (1, 0)
        response = await sent(client(server.origin, proxy=proxy.origin), request)
    assert (len(server.requests), proxy.requests[0][0]) == (1, f"GET {server.origin}/x?a=%20 HTTP/1.1")
    assert response.body == b'{"by": "proxy"}'


async def test_what_is_encrypted_goes_through_a_proxy_unseen(
    encrypted: tuple[int, list[str | None]], certificate: Path, client: Client, serve: Any
) -> None:
    origin = f"https://crm.example:{encrypted[0]}"

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection("127.0.0.1", encrypted[0])
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await asyncio.gather(piped(reader, back), piped(onward, writer))

    async with serve(tunnel) as proxy:
        settings = {"ca_file": str(certificate), "proxy": proxy.origin}
        response = await sent(client(origin, here, **settings), HttpRequest("GET", origin + "/x"))
    assert (response.body, encrypted[1]) == (b'{"name": "Ada"}', ["crm.example"])
    assert proxy.requests[0][0] == f"CONNECT crm.example:{encrypted[0]} HTTP/1.1"


async def piped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()
