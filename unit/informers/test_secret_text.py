"""What of a text is a secret, by its form or by what stands before it, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.secret_text import without_secret_text

MARK = "(hidden)"
SECRET = "hunter2"  # noqa: S105  the one that everybody knows

HIDES = {
    "an address": ("s3://user:hunter2@bucket", "s3://(hidden)@bucket"),
    "an address with a path": ("postgres://u:hunter2@db/x?y=z", "postgres://(hidden)@db/x?y=z"),
    "an at sign in it": ("postgres://u:hun@hunter2@db/x", "postgres://(hidden)@db/x"),
    "a slash in it": ("postgres://u:hun/hunter2@db/x", "postgres://(hidden)@db/x"),
    "a colon in it": ("postgres://u:hun:hunter2@db/x", "postgres://(hidden)@db/x"),
    "digits, as a port has": ("postgres://u:1234@db", "postgres://(hidden)@db"),
    "no user": ("redis://:hunter2@db", "redis://(hidden)@db"),
    "two addresses": ("s3://u:hunter2@a,s3://u:hunter2@b", "s3://(hidden)@a,s3://(hidden)@b"),
    "after one without": ("https://a,https://u:hunter2@b", "https://a,https://(hidden)@b"),
    "curl": ("curl -u admin:hunter2 host", "curl -u (hidden) host"),
    "curl, without a blank": ("curl -uadmin:hunter2 host", "curl -u(hidden) host"),
    "curl, long": ("curl --user admin:hunter2 host", "curl --user (hidden) host"),
    "curl, long with a sign": ("curl --user=admin:hunter2", "curl --user=(hidden)"),
    "curl, in quotes": ('curl -u "admin:hunter2 hunter2" host', 'curl -u "(hidden)" host'),
    "curl, for a proxy": ("curl --proxy-user admin:hunter2", "curl --proxy-user (hidden)"),
    "cqlsh": ("cqlsh -u cassandra -p hunter2 host", "cqlsh -u cassandra -p (hidden) host"),
    "nodetool": ("nodetool -pw hunter2 status", "nodetool -pw (hidden) status"),
    "a flag": ("tool --db-password hunter2 --more", "tool --db-password (hidden) --more"),
    "a flag with a sign": ("tool --token=hunter2 --more", "tool --token=(hidden) --more"),
    "an option of Java": (
        "-Djavax.net.ssl.keyStorePassword=hunter2 -Xmx2G",
        "-Djavax.net.ssl.keyStorePassword=(hidden) -Xmx2G",
    ),
    "small letters": ("-Dcom.sun.jmxremote.password=hunter2", "-Dcom.sun.jmxremote.password=(hidden)"),
    "large letters": ("DB_PASSWORD=hunter2", "DB_PASSWORD=(hidden)"),
    "a passphrase": ("keyPassphrase=hunter2", "keyPassphrase=(hidden)"),
    "a secret": ("clientSecret=hunter2", "clientSecret=(hidden)"),
    "a token": ("AccessToken=hunter2", "AccessToken=(hidden)"),
    "a key": ("AWS_SECRET_ACCESS_KEY=hunter2", "AWS_SECRET_ACCESS_KEY=(hidden)"),
    "a query": ("GET /x?token=hunter2&a=b", "GET /x?token=(hidden)&a=b"),
    "an ampersand in it": ("password=hun&hunter2", "password=(hidden)"),
    "a quote in it": ("password=it's-hunter2 x", "password=(hidden) x"),
    "blanks in it": ('password="hun hunter2" x', 'password="(hidden)" x'),
    "an escape in it": (r'password="hun\"hunter2" x', 'password="(hidden)" x'),
    "inside of quotes": ('sh -c "x -Dpassword=hunter2"', 'sh -c "x -Dpassword=(hidden)"'),
    "JSON": ('{"token": "hunter2", "x": 1}', '{"token": "(hidden)", "x": 1}'),
    "JSON in JSON": (r"{\"token\": \"hunter2\"}", r"{\"token\": \"(hidden)\"}"),
    "YAML": ("password: hunter2\nx: y", "password: (hidden)\nx: y"),
    "properties": ("keystore_password = hunter2", "keystore_password = (hidden)"),
    "CQL": ("ALTER USER x WITH PASSWORD 'hunter2'", "ALTER USER x WITH PASSWORD '(hidden)'"),
    "bearer": ("refused: Bearer hunter2", "refused: (hidden)"),
    "a header": ("Authorization: Basic hunter2", "Authorization: Basic (hidden)"),
    "a web token": ("x=eyJhbGciOiJI.hunter2.hunter2", "x=(hidden)"),
    "a private key": ("-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY----- x", "(hidden) x"),
    "a key that was cut": ("-----BEGIN PRIVATE KEY-----\nhunter2", "(hidden)"),
}
SHOWN = [
    "https://host:8080/path@x",
    "https://host/path?mail=a@b",
    "ssh://git@host/x.git",
    "registry.example:5000/cassandra:4.1.4@sha256:abc",
    "docker run -u 1000:1000 x",
    "mkdir -p /x",
    "num_tokens=16",
    "-Dcassandra.initial_token=5",
    "secretName=x passwordFile=/x",
    "unexpected token: x",
    "secret ns/name: not found",
    "--token-file /x --user x",
    'password=""',
    "eyJhbGciOiJI",
    "",
]
TEMPLATES = [
    "s3://user:{}@bucket",
    "curl -u admin:{} host",
    "-Dx.keyStorePassword={} -Xmx2G",
    "CLIENT_SECRET={}\n",
    'password="{}"',
    "PASSWORD '{}'",
    "--token {} --more",
]


@pytest.mark.parametrize(("text", "left"), HIDES.values(), ids=HIDES)
def test_hidden(text: str, left: str) -> None:
    """A secret is hidden, whole, and what stands around it is not."""
    assert without_secret_text(text, MARK) == left


@pytest.mark.parametrize("text", SHOWN, ids=str)
def test_shown(text: str) -> None:
    """What holds no secret stays as it is."""
    assert without_secret_text(text, MARK) == text


@pytest.mark.parametrize("template", TEMPLATES)
@given(st.text("abcXYZ0189-_.~!$%^*()+=:;,@/#?[]{}|<>", min_size=1, max_size=30).filter(lambda text: "://" not in text))
def test_no_secret_leaves_a_tail(template: str, secret: str) -> None:
    """Whatever signs a secret has, but for what ends one, not even its last four are left."""
    told = f"Zq{secret}kW9v"
    assert "kW9v" not in without_secret_text(template.format(told), MARK)


@given(st.lists(st.sampled_from([*TEMPLATES, *SHOWN, "://", "-u ", "password=", "'", '"', ":", "@", "\\", " ", "x"])))
def test_twice_is_once(parts: list[str]) -> None:
    """What was hidden is not taken for another secret."""
    once = without_secret_text("".join(parts), MARK)
    assert without_secret_text(once, MARK) == once
