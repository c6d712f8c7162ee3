"""Logging in: one token for many requests, new after a 401, and no secret anywhere (data-actions.md §5, §9)."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import pickle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import pytest

from connectors import DataActions, Failure, HttpFactory, Output
from connectors.connections import Auth
from connectors.http import HttpRequest, HttpResponse, mock
from connectors.secrets import Redactor, Secret, SecretMissingError, resolve
from connectors.transport.auth import AuthError, Tokens, signed_assertion
from connectors.transport.exchange import loop_time

SECRET = 'canary/secret+"ü&value'


class Provider:
    """An identity provider and a CRM in one function; tokens are numbered."""

    def __init__(self, *, valid_from: int = 1, **token: Any) -> None:
        self.tokens = self.calls = 0
        self.valid_from, self.token = valid_from, token
        self.seen: list[HttpRequest] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.seen.append(request)
        if request.url.startswith("https://id.example"):
            self.tokens += 1
            return HttpResponse(200, {}, json.dumps({"access_token": f"token-{self.tokens:06}", **self.token}).encode())
        self.calls += 1
        number = request.headers.get("authorization", "Bearer token-0").rpartition("-")[2]
        ok = number.isdigit() and int(number) >= self.valid_from
        return HttpResponse(200 if ok else 401, {}, b'{"name": "Ada"}')


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def read_all(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in folder.glob("*"))


def client_credentials(monkeypatch: pytest.MonkeyPatch) -> Auth:
    monkeypatch.setenv("CRM_SECRET", SECRET)
    settings = {"token_url": "https://id.example/token", "client_id": "id", "client_secret": "env:CRM_SECRET"}
    return Auth("oauth2_client_credentials", settings)


def actions_with(provider: Any, action: Any, connection: Any) -> DataActions:
    return DataActions([action], {"CRM": connection}, HttpFactory(network=mock(provider)))


async def test_two_hundred_calls_on_no_token_make_one_token_request(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider(expires_in=3600)
    actions = actions_with(provider, action(), connection(auth=client_credentials(monkeypatch)))
    outcomes = await asyncio.gather(*(actions.run("CRM", "Look Up", {"x": str(n)}) for n in range(200)))
    assert all(isinstance(outcome, Output) for outcome in outcomes)
    assert (provider.tokens, provider.calls) == (1, 200)
    form = parse_qs(provider.seen[0].body.decode())
    assert form == {"grant_type": ["client_credentials"], "client_id": ["id"], "client_secret": [SECRET]}


async def test_a_401_brings_one_new_token_however_many_meet_it(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider(valid_from=2)
    actions = actions_with(provider, action(), connection(auth=client_credentials(monkeypatch)))
    outcomes = await asyncio.gather(*(actions.run("CRM", "Look Up", {"x": str(n)}) for n in range(200)))
    assert all(isinstance(outcome, Output) for outcome in outcomes)
    assert provider.tokens == 2


async def test_a_post_is_repeated_after_a_401_because_it_was_not_carried_out(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider(valid_from=2)
    actions = actions_with(provider, action(method="POST"), connection(auth=client_credentials(monkeypatch)))
    assert isinstance(await actions.run("CRM", "Look Up", {"x": "1"}), Output)
    assert provider.calls == 2


async def test_two_401_are_invalid_credentials(action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Provider(valid_from=999)
    actions = actions_with(provider, action(), connection(auth=client_credentials(monkeypatch)))
    outcome = await actions.run("CRM", "Look Up", {"x": "1"})
    assert isinstance(outcome, Failure)
    assert outcome.outputs()["errorCode"] == "INVALID_CREDENTIALS"
    assert outcome.outputs()["details.errorCode"] == ("ACTION.AUTHENTICATION",)
    assert (provider.tokens, provider.calls) == (2, 2)


def test_tokens_expire_with_a_skew_and_refusals_are_remembered(in_virtual_time: Any) -> None:
    asked: list[float] = []

    async def go() -> None:
        from connectors.transport.auth import Token

        async def source(deadline: float) -> Token:
            asked.append(loop_time())
            if len(asked) == 3:
                raise AuthError("no")
            return Token(Secret("t"), loop_time() + 100)

        tokens = Tokens(source, loop_time)
        await tokens.get(0)
        await asyncio.sleep(39)
        await tokens.get(0)
        assert len(asked) == 1
        await asyncio.sleep(2)  # 59 seconds are left now, less than the skew
        await tokens.get(0)
        assert len(asked) == 2
        await asyncio.sleep(50)
        for _ in range(3):
            with pytest.raises(AuthError):
                await tokens.get(0)
        assert len(asked) == 3
        await asyncio.sleep(5.1)
        await tokens.get(0)
        assert len(asked) == 4

    in_virtual_time(go())


async def test_a_refused_token_request_says_the_code_and_no_description(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def provider(request: HttpRequest) -> HttpResponse:
        body = {"error": "invalid_client", "error_description": f"wrong {SECRET}"}
        return HttpResponse(400, {}, json.dumps(body).encode())

    actions = actions_with(provider, action(), connection(auth=client_credentials(monkeypatch)))
    outcome = await actions.run("CRM", "Look Up", {"x": "1"})
    assert isinstance(outcome, Failure)
    assert outcome.kind == "credentials"
    assert "invalid_client" in outcome.message
    assert "wrong" not in outcome.message


async def test_an_instance_outside_the_allowed_hosts_is_refused(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider(instance_url="https://evil.example")
    actions = actions_with(provider, action(), connection(auth=client_credentials(monkeypatch)))
    outcome = await actions.run("CRM", "Look Up", {"x": "1"})
    assert isinstance(outcome, Failure)
    assert (outcome.kind, provider.calls) == ("credentials", 0)


async def test_an_allowed_instance_becomes_the_origin(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider(instance_url="https://eu1.crm.example")
    line = connection(auth=client_credentials(monkeypatch), hosts=("*.crm.example",))
    assert isinstance(await actions_with(provider, action(), line).run("CRM", "Look Up", {"x": "1"}), Output)
    assert provider.seen[1].url.startswith("https://eu1.crm.example/people")


async def test_a_missing_environment_variable_is_named(action: Any, connection: Any) -> None:
    line = connection(auth=Auth("bearer", {"token": "env:SURELY_NOT_SET"}))
    outcome = await actions_with(Provider(), action(), line).run("CRM", "Look Up", {"x": "1"})
    assert isinstance(outcome, Failure)
    assert outcome.kind == "credentials"
    assert "SURELY_NOT_SET" in outcome.message


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (
            Auth("basic", {"user": "u", "password": "pässword"}),
            "authorization",
            "Basic " + base64.b64encode("u:pässword".encode()).decode(),
        ),
        (Auth("bearer", {"token": "t0ken"}), "authorization", "Bearer t0ken"),
        (Auth("header", {"name": "X-API-Key", "value": "k3y"}), "x-api-key", "k3y"),
        (
            Auth("zendesk_token", {"email": "a@b.c", "token": "t"}),
            "authorization",
            "Basic " + base64.b64encode(b"a@b.c/token:t").decode(),
        ),
    ],
)
async def test_simple_ways_to_log_in(auth: Auth, header: str, value: str, action: Any, connection: Any) -> None:
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse(200, {}, b"{}")

    await actions_with(answer, action(), connection(auth=auth)).run("CRM", "Look Up", {"x": "1"})
    assert seen[0].headers[header] == value


async def test_a_custom_auth_action_logs_in_for_the_others(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_SECRET", SECRET)
    login = action(
        name="Log In",
        action_type="customAuth",
        method="POST",
        url="https://id.example/token",
        inputs={},
        headers={
            "Authorization": 'Basic $encoding.base64("${credentials.client}:${credentials.secret}")',
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body="grant_type=${credentials.grant_type}",
    )
    call = action(headers={"Authorization": "${authResponse.token_type} ${authResponse.access_token}"})
    provider = Provider(valid_from=2, token_type="Bearer")
    line = connection(
        auth=Auth("user_defined_oauth"),
        credentials={"client": "me", "secret": "env:CRM_SECRET", "grant_type": "client_credentials"},
    )
    actions = DataActions([login, call], {"CRM": line}, HttpFactory(network=mock(provider)))
    outcomes = await asyncio.gather(*(actions.run("CRM", "Look Up", {"x": "1"}) for _ in range(20)))
    assert all(isinstance(outcome, Output) for outcome in outcomes)
    assert provider.tokens == 2
    sent = provider.seen[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == f"me:{SECRET}"


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(SECRET)
    assert SECRET not in f"{secret} {secret!r}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    assert secret.reveal() == SECRET


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from file\n")
    assert resolve(f"file:{tmp_path}/key").reveal() == "from file"
    assert resolve("env:A", {"A": "b"}).reveal() == "b"
    for missing in ("env:A", f"file:{tmp_path}/nothing"):
        with pytest.raises(SecretMissingError):
            resolve(missing, {})


def test_the_redactor_masks_a_value_in_every_encoding() -> None:
    redactor = Redactor()
    redactor.learn(SECRET)
    forms = [SECRET, base64.b64encode(SECRET.encode()).decode(), quote(SECRET, safe=""), json.dumps(SECRET)]
    for form in forms:
        assert redactor.clean(f"before {form} after").replace('"', "") == "before *** after"


def test_the_redactor_masks_by_name_what_it_never_learnt() -> None:
    redactor = Redactor()
    text = redactor.clean('GET /a?api_key=abc&x=1 {"password": "p", "name": "n"}')
    assert "abc" not in text
    assert '"p"' not in text
    assert "x=1" in text
    assert redactor.headers({"Authorization": "a", "X-Auth-Token": "b", "Accept": "c"}) == {
        "Authorization": "***",
        "X-Auth-Token": "***",
        "Accept": "c",
    }


@pytest.mark.parametrize("status", [200, 400, 401, 500])
async def test_no_secret_leaves_in_any_failure_log_or_cassette(
    status: int,
    action: Any,
    connection: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    def chatty(request: HttpRequest) -> HttpResponse:
        if request.url.startswith("https://id.example"):
            return HttpResponse(200, {}, json.dumps({"access_token": SECRET}).encode())
        echoed = {"error": {"message": f"{dict(request.headers)} {SECRET} {quote(SECRET, safe='')}"}, "name": SECRET}
        return HttpResponse(status, {}, json.dumps(echoed).encode())

    line = connection(auth=client_credentials(monkeypatch), mode="record", cassettes=tmp_path)
    outcome = await actions_with(chatty, action(), line).run("CRM", "Look Up", {"x": "1"})
    told = json.dumps(outcome.outputs()) if isinstance(outcome, Failure) else ""
    told += caplog.text + read_all(tmp_path)
    assert told
    for form in (SECRET, base64.b64encode(SECRET.encode()).decode(), quote(SECRET, safe=""), json.dumps(SECRET)[1:-1]):
        assert form not in told


def rsa_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: Any) -> str:
    from cryptography.hazmat.primitives import serialization as form

    return str(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode())


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def test_a_jwt_bearer_log_in_sends_an_assertion_that_the_public_key_verifies(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    key = rsa_key()
    monkeypatch.setenv("CRM_KEY", pem(key))
    settings = {
        "token_url": "https://id.example/token",
        "client_id": "consumer",
        "subject": "ada@example.com",
        "private_key": "env:CRM_KEY",
    }
    provider = Provider()
    actions = actions_with(provider, action(), connection(auth=Auth("oauth2_jwt_bearer", settings)))
    assert isinstance(await actions.run("CRM", "Look Up", {"x": "1"}), Output)
    form = parse_qs(provider.seen[0].body.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    header, claims, signature = form["assertion"][0].split(".")
    key.public_key().verify(decoded(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(decoded(header)) == {"alg": "RS256", "typ": "JWT"}
    told = json.loads(decoded(claims))
    assert (told["iss"], told["sub"], told["aud"]) == ("consumer", "ada@example.com", "https://id.example")


def test_a_key_that_cannot_sign_is_named_without_being_told() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    for key in ("no key", pem(ec.generate_private_key(ec.SECP256R1()))):
        with pytest.raises(AuthError, match="private key") as caught:
            signed_assertion({"iss": "x"}, key)
        assert key not in str(caught.value)


async def test_a_password_log_in_sends_user_password_and_client(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_PASSWORD", SECRET)
    monkeypatch.setenv("CRM_SECRET", "another secret")
    settings = {
        "token_url": "https://id.example/token",
        "client_id": "id",
        "client_secret": "env:CRM_SECRET",
        "username": "ada",
        "password": "env:CRM_PASSWORD",
        "scope": "api",
    }
    provider = Provider()
    actions = actions_with(provider, action(), connection(auth=Auth("oauth2_password", settings)))
    assert isinstance(await actions.run("CRM", "Look Up", {"x": "1"}), Output)
    assert parse_qs(provider.seen[0].body.decode()) == {
        "grant_type": ["password"],
        "username": ["ada"],
        "password": [SECRET],
        "client_id": ["id"],
        "client_secret": ["another secret"],
        "scope": ["api"],
    }


async def test_a_refresh_token_that_the_provider_replaces_is_the_next_one_to_be_sent(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_REFRESH", "the first one")
    settings = {"token_url": "https://id.example/token", "client_id": "id", "refresh_token": "env:CRM_REFRESH"}
    provider = Provider(valid_from=2, refresh_token="the second one")
    actions = actions_with(provider, action(), connection(auth=Auth("oauth2_refresh_token", settings)))
    assert isinstance(await actions.run("CRM", "Look Up", {"x": "1"}), Output)
    forms = [parse_qs(seen.body.decode()) for seen in provider.seen if seen.url.startswith("https://id.example")]
    assert [form["refresh_token"] for form in forms] == [["the first one"], ["the second one"]]
    assert "second" not in actions.redactor.clean("it is the second one")


def test_two_hundred_calls_on_an_expired_token_make_one_refresh_also_for_a_short_lived_one(
    action: Any, connection: Any, monkeypatch: pytest.MonkeyPatch, in_virtual_time: Any
) -> None:
    provider = Provider(expires_in=30)
    actions = actions_with(provider, action(), connection(auth=client_credentials(monkeypatch)))

    async def go() -> None:
        await actions.run("CRM", "Look Up", {"x": "1"})
        await asyncio.sleep(31)
        outcomes = await asyncio.gather(*(actions.run("CRM", "Look Up", {"x": "1"}) for _ in range(200)))
        assert all(isinstance(outcome, Output) for outcome in outcomes)

    in_virtual_time(go())
    assert (provider.tokens, provider.calls) == (2, 201)
