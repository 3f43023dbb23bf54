"""[smtp]: values and mistakes."""

from datetime import timedelta
from pathlib import Path

import pytest

from publisher.config.config import Config
from publisher.model.errors import ConfigError
from publisher.model.settings import Secret, Security, SmtpSettings
from tests.config.test_config import SMALLEST

ENVIRON = {"SMTP_PASSWORD": "secret"}
PASSWORD = 'password = "env:SMTP_PASSWORD"'


def load(folder: Path, *lines: str) -> Config:
    (folder / "config.toml").write_text("\n".join([SMALLEST, "[smtp]", *lines]), "utf-8")
    return Config.load(folder / "config.toml", environ=ENVIRON)


def settings(folder: Path, *lines: str) -> SmtpSettings:
    found = load(folder, *lines).smtp
    assert found is not None
    return found


def test_without_a_host_nothing_is_sent(tmp_path: Path) -> None:
    assert load(tmp_path).smtp is None


def test_the_least_that_can_be_said_is_safe(tmp_path: Path) -> None:
    assert SmtpSettings(host="mail.example.org", port=587, security=Security.STARTTLS) == settings(
        tmp_path, 'host = "mail.example.org"'
    )


def test_all_keys_have_their_say(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        'host = "192.0.2.1"',
        "port = 465",
        'security = "tls"',
        'ca_file = "certs/ca.pem"',
        'user = "news"',
        PASSWORD,
        "oauth = \"command:mint-token --for 'the news'\"",
        'bounces = "bounces@bücher.example"',
        "connections = 3",
        "per_second = 0.5",
        "per_hour = 1000",
        "per_day = 10000",
        'max_age = "12h"',
    )

    assert found == SmtpSettings(
        host="192.0.2.1",
        port=465,
        security=Security.TLS,
        ca_file=tmp_path / "certs" / "ca.pem",
        user="news",
        password=Secret(value="secret"),
        oauth=Secret(command=("mint-token", "--for", "the news")),
        bounces="bounces@xn--bcher-kva.example",
        connections=3,
        per_second=0.5,
        per_hour=1000,
        per_day=10000,
        max_age=timedelta(hours=12),
    )


def test_a_secret_may_be_in_a_file_and_is_not_read_before_it_is_needed(tmp_path: Path) -> None:
    found = settings(tmp_path, 'host = "localhost"', 'user = "news"', 'password = "file:secret"')

    assert Secret(file=tmp_path / "secret") == found.password


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    assert "'secret'" not in repr(settings(tmp_path, 'host = "localhost"', 'user = "news"', PASSWORD))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_login_in_the_open_is_allowed_on_this_machine_only(tmp_path: Path, host: str) -> None:
    found = settings(tmp_path, f'host = "{host}"', 'security = "none"', 'user = "news"', PASSWORD)

    assert Security.NONE is found.security


HOST = 'host = "localhost"'
USER = 'user = "news"'


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ['host = "mail.example.org"', 'security = "none"', USER, PASSWORD],
            "smtp.security: expected 'starttls' or 'tls' for a login at mail.example.org",
        ),
        (["port = 25"], "smtp.host: expected the name or address of a mail server"),
        (['host = "smtp://mail.example.org"'], "smtp.host: expected the name or address of a mail server"),
        ([HOST, USER], "smtp.user: expected smtp.password or smtp.oauth beside it"),
        ([HOST, PASSWORD], "smtp.password: expected smtp.user beside it"),
        ([HOST, USER, 'password = "env:NOT_THERE"'], "smtp.password: the environment variable NOT_THERE is not set"),
        ([HOST, 'oauth = "command:a \'b"'], "smtp.oauth: expected a second quotation mark for each one in the command"),
        ([HOST, 'security = "ssl"'], "smtp.security: expected 'starttls', 'tls' or 'none', got 'ssl'"),
        ([HOST, "per_second = 0"], "smtp.per_second: expected a number from 0.01 to 10000, got 0"),
        ([HOST, 'bounces = "nobody"'], "smtp.bounces: "),
        ([HOST, 'max_age = "soon"'], "smtp.max_age: "),
    ],
)
def test_each_wrong_value_is_reported_with_its_key(tmp_path: Path, lines: list[str], problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, *lines)

    assert [problem] == [each[: len(problem)] for each in error.value.problems]


@pytest.mark.parametrize("key", ["password", "oauth"])
@pytest.mark.parametrize("value", ['"hush-4711"', "4711", r'"hush\n4711"', '"env:hush 4711"'])
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, 'host = "localhost"', 'user = "news"', f"{key} = {value}")

    assert f"smtp.{key}: expected no " in str(error.value)
    assert "4711" not in str(error.value)
