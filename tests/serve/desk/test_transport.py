"""Which requests the editors' desk answers."""

import pytest

from publisher.serve.desk.transport import is_confidential, is_own_form

HERE = {
    "wsgi.url_scheme": "http",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
    "HTTP_HOST": "127.0.0.1:8000",
}
OWN = ("news.example.org",)


@pytest.mark.parametrize(
    ("changed", "is_answered"),
    [
        ({}, True),
        ({"HTTP_HOST": "localhost:8000"}, True),
        ({"HTTP_HOST": "[::1]:8000", "REMOTE_ADDR": "::1"}, True),
        ({"wsgi.url_scheme": "https", "REMOTE_ADDR": "192.0.2.1", "HTTP_HOST": "news.example.org"}, True),
        ({"REMOTE_ADDR": "192.0.2.1"}, False),
        ({"REMOTE_ADDR": "192.168.1.7", "HTTP_HOST": "192.168.1.2:8000"}, False),
        ({"HTTP_HOST": "news.example.org"}, False),
        ({"HTTP_HOST": "localhost.example.org"}, False),
        ({"HTTP_HOST": ""}, False),
        ({"HTTP_HOST": "[::1"}, False),
        ({"HTTP_X_FORWARDED_FOR": "192.0.2.1"}, False),
        ({"HTTP_X_FORWARDED_PROTO": "https"}, False),
        ({"HTTP_FORWARDED": "for=192.0.2.1"}, False),
        ({"HTTP_VIA": "1.1 proxy"}, False),
        ({"SERVER_PROTOCOL": "HTTP/1.0"}, False),
    ],
)
def test_plain_http_is_for_this_machine_alone(changed: dict[str, str], is_answered: bool) -> None:
    assert is_answered == is_confidential({**HERE, **changed})


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({}, True),
        ({"Origin": "https://news.example.org"}, True),
        ({"Origin": "https://NEWS.example.org", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://news.example.org"}, False),
        ({"Origin": "https://news.example.org:8443"}, False),
        ({"Origin": "https://evil.example.org"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://news.example.org", "Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_a_form_comes_from_a_page_of_the_desk(headers: dict[str, str], is_own: bool) -> None:
    assert is_own == is_own_form(headers, scheme="https", hosts=OWN)
