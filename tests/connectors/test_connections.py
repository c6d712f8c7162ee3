"""``connections.yaml`` is read with positions, and what is wrong is said (data-actions.md §5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import load_connections
from dsl.source import Source

GOOD = """
connections:
  "CRM Salesforce":
    type: salesforce-datadip
    origin: https://acme.my.salesforce.com
    auth: {kind: oauth2_client_credentials, token_url: https://acme.example/t, client_id: env:ID, client_secret: env:S}
    allowedHosts: [acme.my.salesforce.com]
    timeoutSeconds: 10
    maxResponseBytes: 1000
    sensitive: ["$.Birthdate__c"]
    mode: record
    limits: {concurrent: 50, perMinute: 900}
    phoneForms: [e164, digits]
"""


def test_a_connection_holds_what_its_entry_says() -> None:
    connections, findings = load_connections(Source("p/connections.yaml", GOOD))
    assert findings == []
    connection = connections["CRM Salesforce"]
    assert (connection.type, connection.origin) == ("salesforce-datadip", "https://acme.my.salesforce.com")
    assert (connection.auth.kind, connection.auth.settings["client_secret"]) == ("oauth2_client_credentials", "env:S")
    assert (connection.timeout_s, connection.max_response) == (10, 1000)
    assert (connection.limits.concurrent, connection.limits.per_minute) == (50, 900)
    assert connection.sensitive == ("$.Birthdate__c",)
    assert connection.cassettes == Path("p/cassettes/CRM Salesforce")
    assert connection.options["phoneForms"] == ["e164", "digits"]


def test_an_empty_entry_has_the_defaults() -> None:
    connections, findings = load_connections(Source("c.yaml", "connections: {CRM: {}}"))
    connection = connections["CRM"]
    assert findings == []
    assert (connection.timeout_s, connection.max_response, connection.mode) == (60, 2_097_152, "live")
    assert connection.follow_redirects_to == ()


@pytest.mark.parametrize(
    ("entry", "code", "marked"),
    [
        ("{orgin: https://a.example}", "unknown-key", "orgin"),
        ("{origin: a.example}", "bad-value", "a.example"),
        ("{origin: http://a.example}", "plain-http", "http://a.example"),
        ("{timeoutSeconds: 61}", "out-of-range", "61"),
        ("{mode: lve}", "bad-value", "lve"),
        ("{auth: {kind: bearer}}", "missing-parameter", "{kind: bearer}"),
        ("{auth: {kind: bearer, tokn: env:A}}", "unknown-key", "tokn"),
        ("{auth: {knd: bearer, token: env:A}}", "unknown-key", "knd"),
        ("{auth: {kind: bearr, token: env:A}}", "bad-value", "bearr"),
        ("{types: {contact: {feilds: [A]}}}", "unknown-key", "feilds"),
        ("{auth: {kind: bearer, token: abcdefgh}}", "literal-secret", "abcdefgh"),
        ("{credentials: {apiKey: abcdefgh}}", "literal-secret", "abcdefgh"),
        ("{type: aws-lambda-data-actions}", "replay-only-integration", "aws-lambda-data-actions"),
        ("{allowedNetworks: [10.0.0.0/33]}", "bad-value", "[10.0.0.0/33]"),
        ("{allowedHosts: a.example}", "wrong-kind", "a.example"),
        ("{sensitive: ['$$.a']}", "syntax-jsonpath", "['$$.a']"),
        ("7", "wrong-kind", "7"),
    ],
)
def test_each_mistake_is_found_at_its_place(entry: str, code: str, marked: str) -> None:
    source = Source("c.yaml", f"connections:\n  CRM: {entry}\n")
    _, findings = load_connections(source)
    assert [finding.code for finding in findings] == [code]
    place = findings[0].span
    assert source.text[place.start.offset : place.end.offset] == marked


@pytest.mark.parametrize(
    "text", ["", "7", "connections: [a]", "other: {}", "connections: {a: {auth: [], limits: 3, credentials: x}}"]
)
def test_reading_never_raises(text: str) -> None:
    assert load_connections(Source("c.yaml", text))[1]


def test_allow_http_settles_an_unencrypted_origin() -> None:
    _, findings = load_connections(
        Source("c.yaml", "connections: {CRM: {origin: 'http://127.0.0.1:1', allowHttp: true}}")
    )
    assert findings == []
