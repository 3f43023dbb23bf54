"""The editors' desk imports people: a list is tried out first, whatever it contains, and imported when the editor
confirms.
"""

import io
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import pytest
from werkzeug.test import TestResponse

from publisher.serve.desk.list_tasks import ListOrder, ListTasks, SentList, Work
from publisher.serve.web import listening
from publisher.subscribers.roster import Dialect
from publisher.subscribers.transfer import ImportDefaults, Imported
from tests.busy_desk import ADA, CYD, LATER, busy_site
from tests.editor import DESK, OTTO, DeskSite, Editor, hidden_in, text_of

IMPORT = f"{DESK}/people/import"
LISTMONK = f"uuid,email,name,attributes,status\n1,eve@example.org,Eve,{{}},enabled\n2,{CYD},Cyd,{{}},enabled\n"
FIELDS = {"agreed": "The form of the old letter.", "agreed_at": "2025-05-01", "follow.ferries": "weekly"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DeskSite]:
    with busy_site(tmp_path / "site") as site:
        yield site


def send(editor: Editor, data: bytes | str, *, name: str = "people.csv", **fields: object) -> TestResponse:
    """Send a list to be tried out."""
    content = data if isinstance(data, bytes) else data.encode()
    form = {**hidden_in(editor.look(IMPORT)), **FIELDS, **fields, "do": "try", "file": (io.BytesIO(content), name)}
    return editor.browser.post(IMPORT, data=form, content_type="multipart/form-data", buffered=True)


def people(site: DeskSite) -> set[str]:
    with site.world.opened(LATER) as publisher:
        return {each.address for batch in publisher.people.all() for each in batch if each.active}


def test_a_list_is_tried_and_then_comes_in(site: DeskSite) -> None:
    editor, before = site.editor(), people(site)

    said = editor.said(send(editor, LISTMONK))

    assert said.startswith("The list was tried, and nothing is written yet.")
    page = editor.look(IMPORT)
    assert "1 person would be added, 1 line would be left out. It was read as a list of listmonk." in text_of(page)
    assert "subscribed already 1 3" in text_of(page)
    assert "eve@" not in page
    assert before == people(site)

    assert "1 person was added, 1 line was left out." == editor.said(editor.press("import", IMPORT))
    assert before | {"eve@example.org"} == people(site)
    assert "would be added" not in editor.look(IMPORT), "the list is forgotten"
    assert 409 == editor.press("import", IMPORT).status_code


def test_people_who_left_are_not_imported(site: DeskSite) -> None:
    editor = site.editor()
    send(editor, f"{ADA}\nfay@example.org\n")

    assert "left here 1 1" in text_of(editor.look(IMPORT))
    editor.press("import", IMPORT)
    assert ADA not in people(site)


def test_a_list_is_its_editors_and_good_for_half_an_hour(site: DeskSite) -> None:
    editor, other = site.editor(), site.editor(OTTO)
    send(editor, LISTMONK)

    assert "would be added" not in other.look(IMPORT)
    seen = hidden_in(editor.look(IMPORT))
    send(editor, "gil@example.org\n")
    assert 409 == editor.send(seen, "import", IMPORT).status_code, "it was made for the list before"
    site.now += timedelta(minutes=31)
    assert "would be added" not in editor.look(IMPORT)


def test_who_is_in_another_list_stays_out(site: DeskSite) -> None:
    editor = site.editor()
    without = [(io.BytesIO(f"{name}@example.org\n".encode()), f"{name}.txt") for name in ("gil", "hal")]

    answer = send(editor, "gil@example.org\nhal@example.org\nivy@example.org\n", without=without)

    assert answer.status_code == 303
    text = text_of(editor.look(IMPORT))
    assert "1 person would be added, 2 lines would be left out." in text
    assert "in a list of people who stay out 2 1, 2" in text
    editor.press("import", IMPORT)
    assert "ivy@example.org" in people(site)
    assert not {"gil@example.org", "hal@example.org"} & people(site)


def test_a_list_that_takes_long_is_worked_on_beside_the_page(tmp_path: Path) -> None:
    tasks = ListTasks(wait_s=0)
    with busy_site(tmp_path / "site", tasks=tasks) as site:
        editor = site.editor()
        lines = "".join(f"reader{number}@example.org\n" for number in range(300))
        with held_up(tasks):
            assert editor.said(send(editor, lines)).startswith("The list is being tried.")
            assert "Look again" in editor.look(IMPORT)
            assert 'name="do"' not in editor.look(IMPORT), "it has no other button meanwhile"
        assert look_until(editor, "300 people would be added")

        with held_up(tasks):
            assert "The people come in now." in editor.said(editor.press("import", IMPORT))
        assert look_until(editor, "What became of your list 300 people were added, 0 lines were left out.")

        assert "reader299@example.org" in people(site)
        assert look_until(editor, "300 people were added, 0 lines were left out.", f"{DESK}/acts")
        assert "The list is forgotten." == editor.said(editor.press("forget", IMPORT))


@contextmanager
def held_up(tasks: ListTasks) -> Iterator[None]:
    """Let the work on lists wait during a `with` block."""
    nobody = SentList(data=b"", encoding="utf-8", name="")
    order = ListOrder(people=nobody, without=(), defaults=ImportDefaults(language="en"), at=LATER)
    gate = Event()

    def wait() -> Imported:
        gate.wait(60)
        return Imported(dialect=Dialect.PLAIN, added=0, left_out={})

    tasks.begin("somebody", order, Work.TRY, wait)
    try:
        yield
    finally:
        gate.set()


def look_until(editor: Editor, words: str, path: str = IMPORT) -> bool:
    """Return whether a page shows some words within a few seconds."""
    for _ in range(200):
        if words in text_of(editor.look(path)):
            return True
        time.sleep(0.05)
    return False


def test_the_page_says_what_only_the_command_can_do(site: DeskSite) -> None:
    with site.world.opened(LATER) as publisher:
        archive = "".join(publisher.transfer.export_all())

    answer = send(site.editor(), archive)

    assert (400, True) == (answer.status_code, "This is an archive of all that is held" in answer.text)


def test_a_list_is_forgotten_on_request(site: DeskSite) -> None:
    editor, before = site.editor(), people(site)
    send(editor, LISTMONK)

    assert "The list is forgotten; nothing was written." == editor.said(editor.press("forget", IMPORT))
    assert "would be added" not in editor.look(IMPORT)
    assert before == people(site)


UNUSABLE: list[tuple[bytes, dict[str, str], str]] = [
    (b"", {}, "Choose the file with the list."),
    (b"  \r\n \n", {}, "Choose the file with the list."),
    (b"email,agreed\n\xe9ve@example.org,yes\n", {}, "The file is not in UTF-8."),
    (b"\xff\xfe\x00", {}, "The file is not in UTF-16."),
    (b"\x00" * 5000, {}, "The list cannot be used"),
    (b"PK\x03\x04" + b"\x00" * 900, {}, "This is an archive. Unpack it, and choose the list in it"),
    (b"%PDF-1.7\n1 0 obj", {}, "The list cannot be used"),
    (b"first,second\n1,2\n", {}, "The list cannot be used"),
    (b'email,agreed,agreed_at\n"eve@example.org,yes,2025-01-01\n', {}, "The list cannot be used"),
    (b"x" * 200_000, {}, "The list cannot be used"),
    (b"email,Tel,agreed,City\n", {}, "these cannot be read: Tel, City."),
    (b"email," + b"x" * 200_000 + b"\neve@example.org,\n", {}, "The list cannot be used"),
    (b"email\nok@example.org\neve@example.org\0\n", {}, "line 3"),
    (LISTMONK.encode(), {"agreed_at": "2030-01-01"}, "Nobody can have agreed on a day in the future."),
    (LISTMONK.encode(), {"agreed_at": "0001-01-01"}, "Nobody can have agreed before there were mails."),
    (LISTMONK.encode(), {"agreed_at": "yesterday"}, "Enter a day such as 2026-12-31."),
    (LISTMONK.encode(), {"follow.ferries": ""}, "The list cannot be used"),
    (LISTMONK.encode(), {"agreed": ""}, "The list cannot be used"),
]
"""Files of people that cannot be imported, the fields that are filled in beside each, and the answer."""


def test_an_unusable_list_is_refused_and_the_typed_text_stays(site: DeskSite) -> None:
    editor, before = site.editor(), people(site)
    for number, (data, fields, said) in enumerate(UNUSABLE):
        answer = send(editor, data, **fields)

        assert (number, 400, True) == (number, answer.status_code, said in text_of(answer.text)), text_of(answer.text)
        if "agreed" not in fields:
            assert 'value="The form of the old letter."' in answer.text, number
        assert before == people(site), number


READABLE = {
    "windows": (
        "email,agreed,agreed_at\néve@example.org,Formulaire signé,2025-01-01\n".encode("cp1252"),
        "windows-1252",
    ),
    "utf-16": ("email,agreed,agreed_at\neve@example.org,Formulaire signé,2025-01-01\n".encode("utf-16"), "utf-8"),
    "utf-8 with a mark": ("\ufeffemail;agreed;agreed_at\neve@example.org;Signé;2025-01-01\n".encode(), "utf-8"),
    "no such encoding": (b"email,agreed,agreed_at\neve@example.org,x,2025-01-01\n", "../../etc/passwd"),
}
"""Lists and the encodings that the editor chose."""


def test_lists_of_spreadsheets_are_read(site: DeskSite) -> None:
    editor = site.editor()
    for name, (data, encoding) in READABLE.items():
        assert 303 == send(editor, data, encoding=encoding).status_code, name


def test_hostile_lines_are_people_left_out_and_nothing_runs(site: DeskSite) -> None:
    editor = site.editor()
    lines = ["<script>alert(1)</script>", "a@b", "=cmd|' /C calc'!A0", "ok@example.org", "@"]

    send(editor, "\n".join(["email", *lines]) + "\n", name="<img src=x>.csv")

    page = editor.look(IMPORT)
    assert "<script>" not in page
    assert "<img" not in page
    assert "no address that mail servers take" in page
    assert "ok@example.org" not in page


def test_a_list_that_is_too_long_is_refused_before_it_is_read(site: DeskSite) -> None:
    editor, before = site.editor(), people(site)

    answer = editor.browser.post(
        IMPORT, data=b"name@example.org\n" * 700_000, content_type="multipart/form-data; boundary=list", buffered=True
    )

    assert 413 == answer.status_code
    assert before == people(site)


def test_a_list_is_not_taken_without_the_token_of_the_form(site: DeskSite) -> None:
    editor = site.editor()
    form = {**FIELDS, "do": "try", "token": "0" * 64, "file": (io.BytesIO(LISTMONK.encode()), "people.csv")}

    answer = editor.browser.post(IMPORT, data=form, content_type="multipart/form-data", buffered=True)

    assert 403 == answer.status_code
    assert "would be added" not in editor.look(IMPORT)


def test_there_is_nothing_to_forget_without_a_list(site: DeskSite) -> None:
    answer = site.editor().press("forget", IMPORT)

    assert 409 == answer.status_code
    assert "There is no list any more" in answer.text


def test_every_reason_is_told_in_the_language_of_the_editor(site: DeskSite) -> None:
    head = "address,language,since,paused_until,follows,consent,consent_at,consent_words\n"
    since = "2026-01-02T03:04:05+00:00"
    rows = [
        ("a@example.org", "a b", since, "ferries=weekly", "form"),
        ("b@example.org", "en", since, "ferries=never", "form"),
        ("c@example.org", "en", since, "boats=weekly", "form"),
        ("d@example.org", "en", "soon", "ferries=weekly", "form"),
        ("e@example.org", "en", since, "ferries=weekly", "magic"),
        ("f@example.org", "en", "0001-01-01", "ferries=weekly", "form"),
    ]
    lines = [f"{address},{tag},{at},,{follows},{how},{since},Yes\n" for address, tag, at, follows, how in rows]
    editor = site.editor()
    send(editor, head + "".join(lines))

    page = editor.look(f"{IMPORT}?language=fr")

    [table] = (re.findall(r'<th scope="row">(.*?)</th>', page.partition("<tbody>")[2].partition("</tbody>")[0]),)
    reasons = [text_of(re.sub(r"<q .*?</q>", "", each)).strip() for each in table]
    assert sorted(reasons) == [
        "a une date illisible",
        "a une langue dans laquelle aucun courriel ne peut être",
        "consentement daté d’avant le courrier électronique",
        "rien ne dit comment la personne a consenti",
        "suit un thème ou une fréquence qui n’existe pas ici",
        "suit un thème ou une fréquence qui n’existe pas ici",
    ]


def test_a_long_list_is_taken_from_a_browser_that_was_shown_the_form_and_from_no_other(tmp_path: Path) -> None:
    tasks = ListTasks()
    head = "--x\r\nContent-Disposition: form-data; name="
    long_list = LISTMONK + "".join(f"3,{each}@example.org,{'x' * 100_000},{{}},enabled\n" for each in "fghijklmnop")
    with (
        busy_site(tmp_path / "site", tasks=tasks) as site,
        listening(
            site.app,
            "127.0.0.1:0",
            key="test",
            remedy="none",
            long_path=IMPORT,
            long_senders=tasks.senders,
        ) as address,
    ):
        editor, other = site.editor(), site.editor(OTTO)
        hidden = hidden_in(editor.look(IMPORT))

        fields = "".join(
            f'{head}"{name}"\r\n\r\n{text}\r\n' for name, text in {**hidden, **FIELDS, "do": "try"}.items()
        )
        form = f'{fields}{head}"file"; filename="people.csv"\r\n\r\n{long_list}\r\n--x--\r\n'.encode()

        def post(editor: Editor, body: bytes) -> int:
            cookie = editor.browser.get_cookie("desk", path=DESK)
            assert cookie
            with closing(HTTPConnection(address, timeout=20)) as connection:
                connection.putrequest("POST", IMPORT)
                connection.putheader("Content-Type", "multipart/form-data; boundary=x")
                connection.putheader("Content-Length", str(len(form)))
                connection.putheader("Cookie", f"desk={cookie.value}")
                connection.endheaders(body)
                return connection.getresponse().status

        assert 413 == post(other, b""), "it was not shown the form, and is refused before it sends it"
        assert 303 == post(editor, form)
