"""Attacks on the editors' desk by a thief, a forger and a hostile source, on every page."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask

from publisher.serve.desk.list_tasks import ListTasks
from publisher.serve.desk.pages import new_pages
from publisher.serve.source_watch import SourceWatch
from tests.busy_desk import BUSY_CONFIG, busy_site
from tests.databases import dump
from tests.editor import DESK, EDITH, OTTO, REVIEWED, WEEKLY, DeskSite, desk_site, hidden_in
from tests.world import BASE_URL, news

ACTS = [(page.rule, act) for page in new_pages(SourceWatch(), ListTasks()) for act in page.acts]
"""The action of every button of the editors' desk, with the URL rule of the button's page."""
LINE_ENDS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\0")
IN_PATH = {"<audience>": "weekly", "<int(max=2147483647):number>": "1", "<token>": "x" * 28}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with busy_site(tmp_path / "site", config=BUSY_CONFIG) as site:
        yield site


def path_of(rule: str) -> str:
    """Return the path of a page, from its rule."""
    for name, value in IN_PATH.items():
        rule = rule.replace(name, value)
    return f"{DESK}/{rule}".rstrip("/")


def paths_of(app: Flask) -> list[str]:
    """Return the paths of all pages that answer a GET."""
    rules = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and DESK in rule.rule}
    return sorted(path_of(rule.removeprefix(f"{DESK}").lstrip("/")) for rule in rules)


def kept(site: DeskSite) -> str:
    """Return everything that the store contains."""
    with site.world.store() as store:
        return dump(store)


def test_no_button_of_any_page_works_without_the_token_or_the_session(site: DeskSite) -> None:
    editor, stranger, before = site.editor(), site.browser(), kept(site)
    hidden = hidden_in(editor.look(f"{DESK}/acts"))

    for rule, act in ACTS:
        for token in ("", "0" * 64):
            fields = {**hidden, "token": token, "do": f"{act}:weekly"}
            assert 403 == editor.browser.post(path_of(rule), data=fields).status_code, (rule, act)
        assert 401 == stranger.post(path_of(rule), data={**hidden, "do": act}).status_code, (rule, act)

    assert before == kept(site)


def test_opening_any_page_changes_nothing(site: DeskSite) -> None:
    editor, link = site.editor(), site.link()
    before = kept(site)

    for path in [*paths_of(site.app), link]:
        for query in ("", "?do=release&done=1&look=dark&item=x&language=fr"):
            assert editor.browser.get(f"{path}{query}", buffered=True).status_code in (200, 303, 404, 405), path
        assert editor.browser.head(path).status_code in (200, 303, 404, 405), path

    assert before == kept(site)


def test_a_cookie_that_somebody_else_chose_lets_nobody_in(site: DeskSite) -> None:
    browser = site.browser()
    browser.set_cookie("desk", "chosen-by-a-thief-1234567890", path=DESK)
    thief = site.browser()
    thief.set_cookie("desk", "chosen-by-a-thief-1234567890", path=DESK)

    assert 303 == browser.post(site.link()).status_code

    assert 200 == browser.get(f"{DESK}/acts").status_code
    assert 303 == thief.get(f"{DESK}/acts").status_code


def test_signing_in_anew_ends_the_session_that_the_browser_had(site: DeskSite) -> None:
    editor = site.editor()
    cookie = editor.browser.get_cookie("desk", path=DESK)
    assert cookie is not None

    editor.browser.post(site.link(OTTO))

    former = site.browser()
    former.set_cookie("desk", cookie.value, path=DESK)
    assert 303 == former.get(f"{DESK}/acts").status_code
    assert 200 == editor.browser.get(f"{DESK}/acts").status_code


def test_a_person_can_sign_out_everywhere(site: DeskSite) -> None:
    editor, thief, other, link = site.editor(), site.editor(), site.editor(OTTO), site.link()
    assert "You are signed in in 2 browsers." in editor.look(f"{DESK}/acts")

    answer = editor.press("everywhere", f"{DESK}/acts")

    assert f"{DESK}/sign-in?out" == answer.location
    assert [303, 303, 200] == [each.browser.get(f"{DESK}/acts").status_code for each in (editor, thief, other)]
    assert 404 == site.browser().get(link).status_code
    assert "Signed out everywhere." in other.look(f"{DESK}/acts")


def test_nobody_is_signed_out_by_a_form_without_the_token(site: DeskSite) -> None:
    editor = site.editor()

    assert 403 == editor.browser.post(f"{DESK}/sign-out", data={"token": "0" * 64}).status_code

    assert 200 == editor.browser.get(f"{DESK}/acts").status_code


def test_links_sent_before_a_person_left_the_desk_are_invalid(site: DeskSite) -> None:
    link = site.link(OTTO)
    site.world.configure(f', "{OTTO}"', "")
    site.close()

    with site.world.opened(site.now) as publisher:
        assert not publisher.desk.whom_lets_in(link.rpartition("/")[2])
        assert "" == publisher.desk.come_in(link.rpartition("/")[2])


def test_a_link_leads_to_the_site_whatever_the_request_called_it(site: DeskSite) -> None:
    headers = {"X-Forwarded-Host": "evil.example.com", "Forwarded": "host=evil.example.com"}

    answer = site.browser().post(
        f"{DESK}/sign-in", base_url="https://evil.example.com", data={"email": EDITH}, headers=headers, buffered=True
    )

    assert f"{DESK}/sent-link" == answer.location
    [letter] = site.letters()
    assert "evil.example.com" not in str(letter)
    assert f"{BASE_URL}-/desk/in/" in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_no_field_adds_a_header_to_a_mail(tmp_path: Path) -> None:
    words = "News" + "".join(f"{end}Bcc: all@example.org{end}{end}<b>body</b>" for end in LINE_ENDS)
    with desk_site(tmp_path / "site", config=REVIEWED) as site:
        editor = site.editor()
        number = editor.look(WEEKLY).partition('<li id="item-')[2].partition('"')[0]
        editor.press(f"retitle:{number}", WEEKLY, **{f"title-{number}": words})
        editor.press("words", WEEKLY, subject=words[:290], introduction=words)

        editor.press("release", WEEKLY)

        mail = (site.world.folder / "outbox" / "weekly-1" / "digest.eml").read_bytes()
        read = message_from_bytes(mail, policy=policy.default)
        assert read["Bcc"] is None
        assert str(read["Subject"]).startswith("News")
        assert "multipart/alternative" == read.get_content_type()


def test_a_path_leads_to_no_other_edition(site: DeskSite) -> None:
    editor = site.editor()
    paths = ["../weekly", "..%2fweekly", "weekly%2f..%2f..", "WEEKLY", "%00", "weekly.toml", "é"]

    for page in [f"{DESK}/{kind}/{path}" for kind in ("edition", "people") for path in paths]:
        assert editor.browser.get(page, buffered=True).status_code in (303, 404), page


def test_marks_that_turn_a_line_around_are_shown_nowhere(tmp_path: Path) -> None:
    listing = news("4 March 2026", "Pay \u202etxt.exe\u2066 now\u2069\u200f. It is due.", theme="\u202eThemes")
    with desk_site(tmp_path / "site", config=REVIEWED, listing=listing) as site:
        editor = site.editor()
        number = editor.look(WEEKLY).partition('<li id="item-')[2].partition('"')[0]
        said = editor.press(f"drop:{number}", WEEKLY)
        pages = [editor.look(path) for path in (WEEKLY, said.location, f"{DESK}/acts", f"{DESK}/sources")]

        assert [] == [found for page in pages for found in re.findall("[\u202a-\u202e\u2066-\u2069]", page)]


def test_a_field_is_read_to_its_limit_and_not_beyond(tmp_path: Path) -> None:
    with desk_site(tmp_path / "site", config=REVIEWED) as site:
        editor = site.editor()
        number = editor.look(WEEKLY).partition('<li id="item-')[2].partition('"')[0]
        for fields in (
            {"do": "words", "subject": "x", "introduction": "y" * 10_001},
            {"do": f"retitle:{number}", f"title-{number}": "z" * 1_001},
            {"do": "postpone", "until": "9" * 100_000},
            {"do": "drop:" + "9" * 100_000},
        ):
            do = fields.pop("do")
            assert editor.press(do, WEEKLY, **fields).status_code in (400, 403, 409), do[:20]
        assert 200 == editor.browser.get(f"{WEEKLY}?language={'x' * 5_000}&done={'1' * 5_000}").status_code
