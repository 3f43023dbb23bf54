"""Attacks on the editors' desk by strangers, which must all fail."""

from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from publisher.app import Publisher
from publisher.model.errors import StoreError
from publisher.serve.desk.list_tasks import ListTasks
from publisher.serve.desk.part import desk_pages
from publisher.serve.source_watch import SourceWatch
from publisher.serve.web import application, listening
from tests.editor import DESK, EDITH, OTTO, REVIEWED, WEEKLY, DeskSite, desk_site, hidden_in
from tests.serve.desk.test_edition import titles
from tests.world import BASE_URL, news

HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script> “A” \' " {{ 7 * 7 }} javascript:alert(3)'


def is_held(site: DeskSite) -> bool:
    return 0 == site.world.publisher_edition("show", "weekly-1", at=site.now).exit_code


def test_a_form_without_the_token_of_its_session_does_nothing(site: DeskSite) -> None:
    edith, otto = site.editor(EDITH), site.editor(OTTO)
    hidden = hidden_in(edith.look(WEEKLY))
    others = hidden_in(otto.look(WEEKLY))["token"]

    for token in ("", "x", hidden["token"][:-1], others, hidden["token"].upper() + "é"):
        answer = edith.send({**hidden, "token": token}, "release", WEEKLY)
        assert (403, True) == (answer.status_code, "Nothing was done" in answer.text)

    assert is_held(site)
    assert "goes out now" not in edith.look(f"{DESK}/acts")


def test_a_button_that_is_none_does_nothing(site: DeskSite) -> None:
    editor = site.editor()

    assert {403} == {editor.press(do, WEEKLY).status_code for do in ("", "show", "__init__", "delete", ":release")}

    assert is_held(site)


def test_a_form_from_another_site_does_nothing_even_with_a_stolen_token(site: DeskSite) -> None:
    editor = site.editor()
    fields = {**hidden_in(editor.look(WEEKLY)), "do": "release"}
    elsewhere: list[dict[str, str]] = [
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost"},
    ]

    for headers in elsewhere:
        assert 403 == editor.browser.post(WEEKLY, data=fields, headers=headers).status_code, headers
        assert 403 == editor.browser.post(site.link(), headers=headers).status_code, headers
        assert is_held(site), headers


def test_nobody_sees_a_page_without_a_session(site: DeskSite) -> None:
    for path in ("", "/acts", "/edition/weekly", "/edition/weekly/mail", "/edition/weekly/text"):
        for cookie in ("", "x" * 28, "../../etc/passwd", "é", "0" * 4_000):
            stranger = site.browser()
            stranger.set_cookie("desk", cookie, path=DESK)
            answer = stranger.get(f"{DESK}{path}")
            assert (303, f"{DESK}/sign-in") == (answer.status_code, answer.location), (path, cookie)


def test_a_form_after_signing_out_does_nothing_and_what_was_typed_can_be_copied(site: DeskSite) -> None:
    editor = site.editor()
    hidden = hidden_in(editor.look(WEEKLY))
    editor.browser.post(f"{DESK}/sign-out", data=hidden)

    answer = editor.send(hidden, "words", WEEKLY, subject="A subject", introduction="<b>Dear</b> all")

    assert 401 == answer.status_code
    assert "&lt;b&gt;Dear&lt;/b&gt; all" in answer.text
    assert is_held(site)


def test_opening_addresses_changes_nothing(site: DeskSite) -> None:
    editor = site.editor()
    before = site.world.contents("outbox")
    for path in (WEEKLY, f"{WEEKLY}?do=release", f"{DESK}/sign-out", f"{DESK}/acts?done=1"):
        editor.browser.get(path, buffered=True)

    assert 200 == editor.browser.get(WEEKLY).status_code, "still signed in"
    assert before == site.world.contents("outbox")


def test_results_of_another_person_cannot_be_read_by_their_number(site: DeskSite) -> None:
    answer = site.editor(OTTO).press("words", WEEKLY, subject="Otto's", introduction="")

    assert 'role="status"' not in site.editor(EDITH).look(answer.location)
    for number in ("x", "-1", "9" * 40, "0"):
        assert 'role="status"' not in site.editor(EDITH).look(f"{WEEKLY}?done={number}")


def test_a_link_from_a_mail_asks_again_with_its_cookie(site: DeskSite) -> None:
    """A browser withholds a SameSite=Strict cookie when another site links to a page."""
    answer = site.browser().get(WEEKLY, headers={"Sec-Fetch-Site": "cross-site"})

    assert (200, True) == (answer.status_code, '<meta http-equiv="refresh" content="0">' in answer.text)
    assert 303 == site.browser().get(WEEKLY, headers={"Sec-Fetch-Site": "same-origin"}).status_code


def test_hostile_items_and_words_are_words(tmp_path: Path) -> None:
    listing = news("4 March 2026", f"{HOSTILE} is what it says.")
    with desk_site(tmp_path / "site", config=REVIEWED, listing=listing) as site:
        editor = site.editor()
        page = editor.look(WEEKLY)
        [title] = titles(page)
        number = page.partition('<li id="item-')[2].partition('"')[0]
        fields = {f"title-{number}": HOSTILE}
        pages = [
            page,
            editor.press(f"retitle:{number}", WEEKLY, **fields).text,
            editor.press("words", WEEKLY, subject=HOSTILE, introduction=f"</textarea>{HOSTILE}").text,
            editor.send(
                {**hidden_in(page), "state": "old"}, "words", WEEKLY, subject=HOSTILE, introduction=HOSTILE
            ).text,
            editor.press("postpone", WEEKLY, until=HOSTILE).text,
            editor.look(WEEKLY),
            editor.look(f"{DESK}/acts"),
            editor.look(f"{WEEKLY}?language={HOSTILE}"),
        ]

        assert title
        for each in pages:
            assert "<script" not in each
            assert "<img" not in each
            assert "</textarea>“" not in each
            assert "49" not in each.replace("2049", "") or "{{ 7 * 7 }}" in each
        mail = editor.browser.get(f"{WEEKLY}/mail")
        assert "<script" not in mail.text
        assert "sandbox" in mail.headers["Content-Security-Policy"]


def test_every_answer_is_private(site: DeskSite) -> None:
    editor = site.editor()
    for path in (DESK, WEEKLY, f"{WEEKLY}/mail", f"{DESK}/acts", f"{DESK}/sign-in", f"{DESK}/in/token"):
        headers = editor.browser.get(path).headers
        assert "no-store" == headers["Cache-Control"]
        assert "same-origin" == headers["Referrer-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "noindex" == headers["X-Robots-Tag"]


def test_a_form_that_is_too_long_is_refused(site: DeskSite) -> None:
    editor = site.editor()

    assert 413 == editor.press("words", WEEKLY, subject="x" * 300_000, introduction="").status_code
    assert 400 == editor.press("words", WEEKLY, subject="x" * 301, introduction="").status_code
    assert is_held(site)


FRENCH = "language=fr"


def test_a_form_that_is_too_long_is_refused_in_the_language_of_the_desk(site: DeskSite) -> None:
    answer = site.editor().press("words", f"{WEEKLY}?{FRENCH}", introduction="é" * 140_000)

    assert 413 == answer.status_code
    assert "<h1>Rien n’a été fait</h1>" in answer.text
    assert "Ce que vous avez envoyé est trop long." in answer.text


def test_a_form_from_another_site_is_refused_in_the_language_of_the_desk(site: DeskSite) -> None:
    answer = site.browser().post(f"{DESK}/sign-in?{FRENCH}", headers={"Origin": "https://elsewhere.example"})

    assert (403, "text/plain") == (answer.status_code, answer.mimetype)
    assert answer.text.startswith("Ce formulaire n’a pas été envoyé depuis une page du bureau.")


def test_plain_http_is_refused_in_the_language_of_the_desk_and_the_log_has_the_remedy(site: DeskSite) -> None:
    with capture_logs() as logged:
        answers = [
            site.editor().browser.get(f"{DESK}?{FRENCH}", environ_base={"REMOTE_ADDR": "192.0.2.7"}) for _ in range(2)
        ]

    assert {403} == {each.status_code for each in answers}
    assert answers[0].text.startswith("Le bureau ne répond pas ici")
    assert "config.toml" not in answers[0].text
    assert ["service.proxy" in each["remedy"] for each in logged if "remedy" in each] == [True], "once"


def test_a_store_that_is_locked_for_a_moment_is_told_in_the_language_of_the_desk(site: DeskSite) -> None:
    moments = iter([StoreError("it is locked")])

    def open_then() -> Publisher:
        for error in moments:
            raise error
        return site.open()

    answer = desk_of(open_then).get(f"{DESK}?{FRENCH}")

    assert 503 == answer.status_code
    assert "Le bureau est inutilisable pour le moment. Réessayez dans quelques minutes.\n" == answer.text


def test_a_site_that_cannot_be_opened_is_told_in_english() -> None:
    def fail() -> Publisher:
        raise StoreError("it is locked")

    answer = desk_of(fail).get(DESK)

    assert 503 == answer.status_code
    assert "The desk cannot be used now. Please try again in some minutes.\n" == answer.text


def desk_of(open_site: Callable[[], Publisher]) -> FlaskClient:
    """Return a browser for a desk that opens its site with this function."""
    desk = desk_pages(open_site, base_url=BASE_URL, on_act=lambda: None, watch=SourceWatch(), tasks=ListTasks())
    return application(desk).test_client()


@pytest.mark.parametrize(
    ("proxy", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"Host": "news.example.org"}, 403),
        ("", {"X-Forwarded-Proto": "https"}, 403),
        ("", {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}, 403),
        ("192.0.2.9", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}, 403),
        ("127.0.0.1", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "Host": "news.example.org"}, 200),
        ("127.0.0.1", {"X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.1", "Host": "news.example.org"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 403),
    ],
)
def test_plain_http_from_beyond_this_machine_is_refused(
    site: DeskSite, proxy: str, headers: dict[str, str], status: int
) -> None:
    app = application(
        desk_pages(site.open, base_url=BASE_URL, on_act=lambda: None, watch=SourceWatch(), tasks=ListTasks())
    )
    with listening(app, "127.0.0.1:0", key="test", remedy="none", proxy=proxy) as address:
        connection = HTTPConnection(address, timeout=20)
        connection.request("GET", f"{DESK}/sign-in", headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()

    assert status == answer.status
    assert (status == 403) == ("The desk does not answer here" in text)
