"""The forms, as a visitor without a browser sees them."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import structlog

from publisher.model.bounces import BounceKind, BounceRow, BounceScore
from publisher.model.subscribers import DOUBLE_CLICK, EVERYTHING, UNDO_WITHIN
from tests.databases import dump
from tests.visitor import ADA, BEN, FormSite, path_in, stamp_of
from tests.world import BASE_URL, World


def state(site: FormSite) -> str:
    with site.world.store() as store:
        return dump(store)


def choices(site: FormSite, address: str = ADA) -> dict[str, str]:
    with site.world.store() as store:
        found = store.people.subscribers.by_address(address)
    return found.choices if found else {}


class Links(HTMLParser):
    """All addresses to which a page links, or that it loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src", "action") and value]


# --- the whole life --------------------------------------------------------------------------------------------------


def test_somebody_subscribes_confirms_changes_leaves_and_comes_back(site: FormSite) -> None:
    answer = site.submit("/-/subscribe", {"email": ADA, "what": "everything", "pace": "weekly"})

    assert (303, "/-/sent") == (answer.status_code, answer.location)
    assert "Look into your mail" in site.visitor().get(answer.location).text
    [letter] = site.letters()
    assert {} == choices(site)

    confirm = path_in(letter)
    page = site.visitor().get(confirm).text
    assert "ad…@example.org" in page
    assert "Everything: Weekly" in page
    assert {} == choices(site)

    welcome = site.visitor().post(confirm).location
    assert {EVERYTHING: "weekly"} == choices(site)
    page = site.visitor().get(welcome).text
    assert "on Monday 9 March 2026" in page
    assert f'href="{BASE_URL}archive/weekly/1.html">Read the latest digest' in page

    mine = welcome.replace("/welcome/", "/mine/")
    saved = site.submit(mine, {"theme.*": "monthly", "theme.ferries": "daily", "language": "fr", "until": "2026-04-01"})
    assert f"{mine}?saved" == saved.location
    assert {EVERYTHING: "monthly", "ferries": "daily"} == choices(site)
    page = site.visitor().get(saved.location).text
    assert "Enregistré." in page
    assert "ne reçoit rien avant le mercredi 1er avril 2026" in page
    assert 'value="2026-04-01"' in page

    assert f"{mine}?saved" == site.visitor().post(mine, data={"do": "resume"}).location
    assert 'name="until" type="date" value=""' in site.visitor().get(mine).text

    stop = site.stop_path(mine)
    assert "Se désabonner" in site.visitor().get(stop).text
    assert choices(site)
    page = site.visitor().post(stop).text
    assert "Vous êtes désabonné(e)" in page
    assert {} == choices(site)
    assert "ne reçoit rien pour le moment" in site.visitor().get(mine).text

    site.visitor().post(stop, data={"do": "undo"})
    assert {EVERYTHING: "monthly", "ferries": "daily"} == choices(site)
    site.visitor().post(stop, data={"do": "fewer"})
    assert {EVERYTHING: "monthly"} == choices(site)


def test_only_some_themes_each_at_its_own_pace(site: FormSite) -> None:
    site.subscribe(what="some", **{"theme.ferries": "daily", "theme.cranes": "monthly", "theme.gone": "daily"})

    assert {"ferries": "daily", "cranes": "monthly"} == choices(site)


def test_a_subscriber_who_subscribes_again_sees_what_the_new_choices_replace(site: FormSite) -> None:
    site.subscribe(what="everything", pace="weekly")

    def shown(**fields: str) -> str:
        site.now += timedelta(days=2)
        site.submit("/-/subscribe", {"email": ADA, **fields})
        newest = max(site.letters(), key=lambda letter: letter["Date"].datetime)
        return site.visitor().get(path_in(newest)).text

    page = shown(what="some", **{"theme.ferries": "daily"})
    replaced = page.partition("In place of what you follow now")[2]
    assert "<dd>Everything: Weekly</dd>" in replaced
    assert "Ferries" not in replaced
    assert "In place of" not in shown(what="everything", pace="weekly")


def test_a_title_in_another_script_does_not_turn_the_words_beside_it(site: FormSite) -> None:
    """Without isolation, the colon and the digits after an Arabic title are shown before it."""
    mine = site.subscribe(what="some", **{"theme.ferries": "daily"})
    bdi = '<bdi lang="en">Ferries</bdi>'

    assert '<bdi id="theme-ferries" lang="en">Ferries</bdi>' in site.visitor().get("/-/subscribe").text
    assert f"<dd>{bdi}: Daily</dd>" in site.visitor().get(mine.replace("/mine/", "/welcome/")).text
    assert f'<th scope="row">{bdi}</th>' in site.visitor().get(mine).text


def test_the_form_suggests_everything_weekly_or_the_theme_whose_page_led_to_it(site: FormSite) -> None:
    page = site.visitor().get("/-/subscribe").text
    assert 'value="everything" checked' in page
    assert 'name="pace" value="weekly" checked' in page
    assert "about 1 mail a month; the first can come on Monday 9 March 2026" in page

    page = (site.world.feeds / "ferries" / "index.html").read_text("utf-8")
    assert f'<a class="button" href="{BASE_URL}-/subscribe?theme=ferries">' in page
    page = site.visitor().get("/-/subscribe?theme=ferries").text
    assert 'value="some" checked' in page
    assert 'name="theme.ferries" value="weekly" aria-labelledby="theme-ferries pace-weekly" checked' in page


def test_a_fresh_link_leads_to_the_own_page_once(site: FormSite) -> None:
    site.subscribe()

    answer = site.submit("/-/link", {"email": ADA})
    assert "/-/sent?link" == answer.location
    [letter] = site.letters()
    fresh = path_in(letter)
    assert "works once" in site.visitor().get(fresh).text
    assert "works once" in site.visitor().get(fresh).text, "looking does not use it"
    mine = site.visitor().post(fresh).location
    assert "Your mails" in site.visitor().get(mine).text
    site.now += DOUBLE_CLICK + timedelta(seconds=1)
    assert 404 == site.visitor().post(fresh).status_code

    site.submit("/-/link", {"email": BEN})
    assert [] == site.letters()


# --- a GET changes nothing, and nobody is tracked --------------------------------------------------------------------


def test_a_crawler_that_follows_every_link_changes_nothing(site: FormSite) -> None:
    mine = site.subscribe()
    site.submit("/-/subscribe", {"email": BEN})
    [letter] = site.letters()
    site.submit("/-/link", {"email": ADA})
    [link] = site.letters()
    before = state(site)

    to_visit = ["/", mine, mine.replace("/mine/", "/welcome/"), site.stop_path(mine), path_in(letter), path_in(link)]
    visited: set[str] = set()
    while to_visit:
        path = to_visit.pop()
        if path not in visited:
            visited.add(path)
            page = site.visitor().get(path, buffered=True)
            assert page.status_code in (200, 301, 304), path
            if page.mimetype == "text/html":
                found = [urlsplit(urljoin(f"{BASE_URL}{path[1:]}", link)) for link in Links(page.text).found]
                to_visit += [f"{at.path}?{at.query}" for at in found if at.netloc == urlsplit(BASE_URL).netloc]

    assert len({path for path in visited if path.startswith("/-/")}) > 12
    assert before == state(site)


def test_every_form_keeps_to_itself(site: FormSite) -> None:
    mine = site.subscribe()
    paths = ["/-/subscribe", "/-/sent", "/-/link", mine, site.stop_path(mine), "/-/mine/none", "/-/confirm/none"]
    for answer in [site.visitor().get(path) for path in paths] + [site.visitor().post(site.stop_path(mine))]:
        assert "no-store" == answer.headers["Cache-Control"]
        assert "no-referrer" == answer.headers["Referrer-Policy"]
        policy = answer.headers["Content-Security-Policy"]
        assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert "Set-Cookie" not in answer.headers
        assert "<script" not in answer.text
        own = [link for link in Links(answer.text).found if re.match(r"https?:", link)]
        assert {BASE_URL, "https://example.org/"} >= {re.match(r"https?://[^/]+/", link)[0] for link in own}  # type: ignore[index]


# --- leaving by the mail program's button (RFC 8058) -----------------------------------------------------------------


def test_one_click_needs_no_page_and_may_be_repeated(site: FormSite) -> None:
    stop = site.stop_path(site.subscribe())

    for body in ({"List-Unsubscribe": "One-Click"}, {"List-Unsubscribe": "One-Click"}):
        answer = site.visitor().post(stop, data=body, content_type="multipart/form-data")
        assert 200 == answer.status_code
        assert "Set-Cookie" not in answer.headers
        assert {} == choices(site)


def test_one_click_is_accepted_after_the_subscribers_data_was_deleted(site: FormSite) -> None:
    stop = site.stop_path(site.subscribe())
    site.publisher.people.erase(ADA)

    for answer in (site.visitor().post(stop, data={"List-Unsubscribe": "One-Click"}), site.visitor().get(stop)):
        assert 200 == answer.status_code
        assert "You are unsubscribed" in answer.text
        assert 'value="undo"' not in answer.text


def test_a_second_click_on_the_button_to_confirm_is_answered_like_the_first(site: FormSite) -> None:
    site.submit("/-/subscribe", {"email": ADA})
    [letter] = site.letters()
    confirm = path_in(letter)

    first, second = (site.visitor().post(confirm) for _ in range(2))
    assert (303, first.location) == (second.status_code, second.location)

    site.now += DOUBLE_CLICK + timedelta(seconds=1)
    assert 404 == site.visitor().post(confirm).status_code


def test_a_second_click_on_a_fresh_link_is_answered_like_the_first(site: FormSite) -> None:
    """Otherwise a quick finger could see no page before the next day, because an address gets one such letter a day."""
    site.subscribe()
    site.submit("/-/link", {"email": ADA})
    [letter] = site.letters()
    fresh = path_in(letter)

    first, second = (site.visitor().post(fresh) for _ in range(2))
    assert (303, first.location) == (second.status_code, second.location)
    assert 404 == site.visitor().get(fresh).status_code

    site.now += DOUBLE_CLICK + timedelta(seconds=1)
    assert 404 == site.visitor().post(fresh).status_code


def test_forms_that_are_sent_at_once_all_count(site: FormSite) -> None:
    stop = site.stop_path(site.subscribe())
    with ThreadPoolExecutor(4) as threads:
        bodies = [{"do": "undo"} if number % 2 else {"List-Unsubscribe": "One-Click"} for number in range(24)]
        statuses = list(threads.map(lambda body: site.visitor().post(stop, data=body).status_code, bodies))

    assert [200] * 24 == statuses
    site.visitor().post(stop)
    assert {} == choices(site)


def test_the_page_to_unsubscribe_shows_nothing_of_its_subscriber(site: FormSite) -> None:
    stop = site.stop_path(site.subscribe(what="some", **{"theme.ferries": "daily"}))

    for page in (site.visitor().get(stop).text, site.visitor().post(stop).text):
        assert "example.org" not in page.replace("news.example.org", "").replace("editor@example.org", "")
        assert "Ferries" not in page


def test_a_link_that_is_not_good_says_so_and_offers_another(site: FormSite) -> None:
    broken = ("mine", "stop/", "confirm/", "fresh", "welcome", "move/")
    for path in ("mine/x", "stop/x", "confirm/x", "fresh/x", "welcome/x", f"stop/{'A' * 3000}", "mine/é%0a", *broken):
        page = site.visitor().get(f"/-/{path}")

        assert 404 == page.status_code, path
        assert "This link is no longer good" in page.text
        assert 'action="/-/link"' in page.text


# --- strangers -------------------------------------------------------------------------------------------------------


def test_known_and_unknown_addresses_get_the_same_answer(site: FormSite) -> None:
    site.subscribe()
    for form in ("/-/subscribe", "/-/link"):
        answers = [site.submit(form, {"email": address}) for address in (ADA, BEN, "eve@example.org")]

        assert 1 == len({(each.status_code, each.location, each.text) for each in answers})


@pytest.mark.parametrize("form", ["/-/link", "/-/subscribe"])
def test_how_long_an_answer_takes_does_not_tell_who_is_subscribed(site: FormSite, form: str) -> None:
    """The letter is written after the answer. So the answer also does not tell who is suppressed, or got a letter."""
    site.subscribe()
    site.now += timedelta(days=1)
    stamp = stamp_of(site.visitor().get(form))
    site.now += timedelta(minutes=1)
    site.letters()

    answer = site.visitor().post(form, data={"email": ADA, "stamp": stamp})
    assert (303, []) == (answer.status_code, site.letters())

    answer.close()
    assert 1 == len(site.letters())


def test_a_letter_is_written_for_an_unknown_address_too_and_thrown_away(site: FormSite) -> None:
    """Writing a letter takes nearly all of the time. A broken template causes an error, which proves that the letter
    was written.
    """
    own = site.world.folder / "templates"
    own.mkdir(exist_ok=True)
    (own / "letter.txt").write_text("{{ nothing.at.all }}", "utf-8")

    with structlog.testing.capture_logs() as lines:
        assert 303 == site.submit("/-/link", {"email": "eve@example.org"}).status_code

    assert ["a link cannot be sent"] == [line["event"] for line in lines]
    assert [] == site.letters()


def test_many_forms_for_one_address_are_one_letter(site: FormSite) -> None:
    """`tests/journey` has a test with 10,000 forms. Mailboxes do not distinguish capital and small letters."""
    for number, email in enumerate([ADA, "Ada@example.org", "ada@EXAMPLE.ORG", f" {ADA}\n"] * 5):
        assert 303 == site.submit("/-/subscribe", {"email": email}, address=f"10.0.{number}.1").status_code

    assert 1 == len(site.letters())


BAD_ADDRESSES = [
    ("", "Enter your email address."),
    ("ada", "Enter an email address such as"),
    ("@example.org", "Enter an email address such as"),
    ("ada@", "Enter an email address such as"),
    ("ada@example", "Enter an email address such as"),
    ("ada@127.0.0.1", "Enter an email address such as"),
    ("ada@localhost.localdomain", "Enter an email address such as"),
    ("=cmd|'/Ccalc'!A0@evil.example", "Enter an email address such as"),
    ("ada@[127.0.0.1]", "Enter an email address such as"),
    ('"ada lovelace"@example.org', "Enter an email address such as"),
    ("ada@example.org, ben@example.org", "Enter an email address such as"),
    ("ada@example.org\r\nBcc: ben@example.org", "Enter an email address such as"),
    ("ada\r\n@example.org", "Enter an email address such as"),
    ("ada@exa\x00mple.org", "Enter an email address such as"),
    ("a" * 65 + "@example.org", "Enter an email address such as"),
    ("ada@" + "x" * 60_000, "Enter an email address such as"),
    ("adé@example.org", "Before the @ your address has letters"),
    ("<script>@example.org", "Enter an email address such as"),
]


def test_an_address_that_cannot_be_used_is_one_clear_line(site: FormSite) -> None:
    for email, words in BAD_ADDRESSES:
        answer = site.submit("/-/subscribe", {"email": email, "pace": "daily", "language": "fr"})

        assert 400 == answer.status_code, email
        assert "<title>Error: " in answer.text
        assert 2 == answer.text.count(words), "above the form and at the field"
        assert 'name="pace" value="daily" checked' in answer.text
        assert 'name="language" value="fr" checked' in answer.text
        assert "<script>" not in answer.text
        assert len(answer.text) < 30_000
    assert [] == site.letters()


def test_nothing_chosen_is_told_at_the_table(site: FormSite) -> None:
    answer = site.submit("/-/subscribe", {"email": ADA, "what": "some"})

    assert "Choose at least one theme." in answer.text
    assert f'value="{ADA}"' in answer.text


def test_programs_that_fill_in_everything_or_at_once_get_no_letter_sent(site: FormSite) -> None:
    answer = site.submit("/-/subscribe", {"email": ADA, "website": "https://spam.example"})
    assert "/-/sent" == answer.location, "they are told nothing"

    visitor = site.visitor()
    stamp = stamp_of(visitor.get("/-/subscribe"))
    for late in (timedelta(), timedelta(days=2)):
        site.now += late
        answer = visitor.post("/-/subscribe", data={"email": ADA, "stamp": stamp})
        assert "Please press the button once more." in answer.text
        assert f'value="{ADA}"' in answer.text
    assert "Please press the button once more." in visitor.post("/-/subscribe", data={"email": ADA}).text
    assert [] == site.letters()
    assert 0 == site.asked_for_letters


def test_a_form_that_is_closed_says_what_to_do(site: FormSite) -> None:
    stamp = stamp_of(site.visitor().get("/-/subscribe"))
    site.now += timedelta(minutes=1)
    data = {"email": ADA, "stamp": stamp, "website": "x"}
    somewhere = {"REMOTE_ADDR": "192.0.2.1"}
    for _ in range(30):
        site.visitor().post("/-/subscribe", data=data, environ_overrides=somewhere)

    answer = site.visitor().post("/-/subscribe", data=data, environ_overrides=somewhere)

    assert (429, "3600") == (answer.status_code, answer.headers["Retry-After"])
    assert "Please try again in an hour, or write to news@example.org." in answer.text


def test_a_network_has_its_share_of_letters(site: FormSite) -> None:
    stamp = stamp_of(site.visitor().get("/-/subscribe"))
    site.now += timedelta(minutes=1)

    def ask(number: int, address: str) -> int:
        data = {"email": f"reader{number}@example.org", "stamp": stamp}
        somewhere = {"REMOTE_ADDR": address}
        answer = site.visitor().post("/-/subscribe", data=data, environ_overrides=somewhere, buffered=True)
        return answer.status_code

    with structlog.testing.capture_logs() as logged:
        assert [303] * 30 + [429, 429] == [ask(number, f"192.0.2.{number}") for number in range(32)]
    assert ["forms from one network are refused until the hour is over"] == [each["event"] for each in logged]
    assert 303 == ask(40, "198.51.100.1")
    assert 31 == site.reception().letters_of_this_hour(), "what another process counts in all"
    site.now += timedelta(hours=1)
    assert 0 == site.reception().letters_of_this_hour()
    assert 303 == ask(41, "192.0.2.1")


def test_the_log_says_that_all_forms_are_refused_even_if_one_networks_were_before(site: FormSite) -> None:
    stamp = stamp_of(site.visitor().get("/-/subscribe"))
    site.now += timedelta(minutes=1)

    def ask(network: str, times: int) -> int:
        data, somewhere = {"email": ADA, "stamp": stamp, "website": "x"}, {"REMOTE_ADDR": network}
        answers = [site.visitor().post("/-/subscribe", data=data, environ_overrides=somewhere) for _ in range(times)]
        return answers[-1].status_code

    with structlog.testing.capture_logs() as logged:
        assert 429 == ask("192.0.2.1", 31)
        assert 429 == ask("127.0.0.1", 1_000)

    words = [
        "forms from one network are refused until the hour is over",
        "all forms are refused until the hour is over",
    ]
    assert words == [each["event"] for each in logged]


def test_a_pace_has_the_operators_words_or_its_schedule_in_words(made: World, tmp_path: Path) -> None:
    world = made.copied_to(tmp_path / "paces")
    world.configure(
        "[subscribers]\n",
        "[subscribers]\n"
        'paces = { daily = "0 8 * * *", mondays = "0 8 * * MON", "every-other" = "0 8 1 * *" }\n'
        'default_pace = "daily"\n'
        'pace_words = { "every-other" = { en = "now and then", fr = "de temps en temps" } }\n',
    )
    site = FormSite(world)
    english, french = (site.visitor().get(f"/-/subscribe?language={tag}").text for tag in ("en", "fr"))
    paces = {"theme.ferries": "mondays", "theme.cranes": "every-other"}
    site.submit("/-/subscribe", {"email": ADA, "what": "some", **paces})
    letter = site.letters()[0].get_body(("plain",))
    site.close()

    assert all(words in english for words in (">Daily ", ">Every Monday at 8:00 ", ">Now and then "))
    assert all(words in french for words in (">Chaque jour ", ">Chaque lundi à 8:00 ", ">De temps en temps "))
    assert letter is not None
    assert "Ferries, every Monday at 8:00" in letter.get_content()
    assert "Cranes, now and then" in letter.get_content()


def test_a_removed_theme_is_on_the_page_of_its_followers(site: FormSite) -> None:
    mine = site.subscribe(**{"what": "some", "theme.ferries": "weekly"})
    with site.world.store() as store:
        before = store.people.subscribers.by_address(ADA)
        assert before is not None
        gone = replace(before.subscriptions[0], number=2, theme="old-harbour", pace="daily")
        store.people.subscribers.write(
            before, replace(before, subscriptions=(*before.subscriptions, gone)), now=site.now
        )

    page = site.visitor().get(mine).text
    assert 'name="theme.old-harbour" value="daily" aria-labelledby="theme-old-harbour pace-daily" checked' in page
    assert 303 == site.submit(mine, {"theme.old-harbour": "no"}).status_code

    assert {"ferries": "weekly"} == choices(site)
    assert "old-harbour" not in site.visitor().get(mine).text


def test_a_form_that_is_too_long_is_refused(site: FormSite) -> None:
    answer = site.visitor().post("/-/subscribe", data={"email": ADA, "more": "x" * 100_000})

    assert 413 == answer.status_code
    assert "Nothing was changed" in answer.text


def test_a_pause_that_cannot_be_is_told_and_nothing_is_saved(site: FormSite) -> None:
    mine = site.subscribe()
    before = state(site)
    for until, words in (
        ("soon", "Enter a day such as 2026-12-31"),
        ("2026-03-04", "after today"),
        ("9999-01-01", "within a year"),
    ):
        answer = site.submit(mine, {"theme.*": "daily", "until": until})

        assert (400, 2) == (answer.status_code, answer.text.count(words)), until
        assert 'name="theme.*" value="daily" aria-labelledby="theme- pace-daily" checked' in answer.text, until
        assert before == state(site), until


def test_a_subscriber_whose_mails_came_back_goes_on_by_saving_his_page(site: FormSite) -> None:
    mine = site.subscribe()
    with site.world.store() as store:
        ada = store.people.subscribers.by_address(ADA)
        assert ada is not None
        gone = BounceScore(points=5, last_at=site.now, suspended_at=site.now)
        row = BounceRow(
            mark="1", at=site.now, kind=BounceKind.FAILED, name="", recipient="", token="", status="", words=""
        )
        store.people.bounce_scores.count_report(row, ada.number, before=None, after=gone)
    assert "because mails to it came back. Save below" in site.visitor().get(mine).text

    site.submit(mine, {"do": "save"})

    assert "mails to it came back" not in site.visitor().get(mine).text


def test_a_suppressed_address_is_answered_alike_and_gets_no_letter(site: FormSite) -> None:
    site.subscribe()
    site.reception()
    site.publisher.reach.suppress(ADA)
    site.now += timedelta(days=2)

    answers = [site.submit("/-/subscribe", {"email": address}) for address in (ADA, BEN)]
    links = [site.submit("/-/link", {"email": address}) for address in (ADA, BEN)]

    for first, second in (answers, links):
        assert (303, first.location, first.text) == (second.status_code, second.location, second.text)
    assert [BEN] == [letter["To"] for letter in site.letters()]


def test_an_old_mail_does_not_subscribe_a_person_who_left(site: FormSite) -> None:
    """An old mail may have been forwarded. Whoever left, or was ended, comes back by the form and its letter."""
    mine = site.subscribe()
    site.visitor().post(site.stop_path(mine))
    site.now += UNDO_WITHIN - timedelta(hours=1)
    site.visitor().post(mine, data={"theme.ferries": "daily"})
    assert {"ferries": "daily"} == choices(site), "who left may undo that for a week"

    site.visitor().post(site.stop_path(mine))
    site.now += UNDO_WITHIN + timedelta(hours=1)
    before = state(site)
    for fields in ({f"theme.{EVERYTHING}": "daily"}, {"do": "resume"}, {"until": "2026-06-01"}):
        answer = site.visitor().post(mine, data=fields)
        assert (303, "/-/subscribe") == (answer.status_code, answer.location)
    assert before == state(site)
    page = site.visitor().get(mine).text
    assert ("gets nothing at present" in page, 'class="paces' in page) == (True, False)
    assert '<a class="button" href="/-/subscribe">Get it by mail</a>' in page


def test_fields_missing_from_a_form_stay_unchanged(site: FormSite) -> None:
    """A form may be cut short, or be older than a theme or a pace."""
    mine = site.subscribe(what="some", **{"theme.cranes": "daily", "theme.ferries": "monthly"})
    site.submit(mine, {"until": "2026-04-01"})
    before = state(site)
    forms: list[dict[str, str]] = [{}, {"theme.*": "hourly"}, {"theme.cranes": "sometimes"}, {"language": "xx"}]

    for fields in forms:
        assert 303 == site.submit(mine, fields).status_code, fields
        assert before == state(site), fields


def test_without_a_store_visitors_are_asked_to_come_again(site: FormSite) -> None:
    site.world.database.unlink()
    site.world.database.mkdir()
    site.now += timedelta(hours=1)

    answer = site.visitor().get("/-/subscribe")

    assert (503, "300") == (answer.status_code, answer.headers["Retry-After"])
    assert "try again" in answer.text


def test_a_site_has_its_own_template_and_words(site: FormSite) -> None:
    own = site.world.folder / "templates" / "forms"
    own.mkdir(parents=True)
    (own / "consent.txt").write_text("We write to you. Say stop at any time.\n", "utf-8")
    (own / "sent.html").write_text(
        '{% extends "forms/sent.html" %}{% block content %}<p>Go and look.</p>{% endblock %}', "utf-8"
    )
    site.now += timedelta(seconds=1)

    assert "Say stop at any time." in site.visitor().get("/-/subscribe").text
    site.subscribe()
    assert "<p>Go and look.</p>" in site.visitor().get("/-/sent").text
    with site.world.store() as store:
        ada = store.people.subscribers.by_address(ADA)
        assert ada is not None
        assert ["We write to you. Say stop at any time."] == [
            each.words for each in store.people.subscribers.consents(ada.number)
        ]


def test_the_forms_speak_the_languages_of_the_site(site: FormSite) -> None:
    page = site.visitor().get("/-/subscribe?language=fr").text
    assert '<html lang="fr"' in page
    assert 'action="/-/subscribe?language=fr"' in page
    assert 2 == page.count('href="/-/subscribe?language=fr"'), "masthead and footer lead to the form in that language"
    assert '<html lang="en"' in site.visitor().get("/-/subscribe?language=nl").text

    answer = site.submit("/-/subscribe?language=fr", {"email": ADA, "language": "fr"})
    assert "/-/sent?language=fr" == answer.location
    [letter] = site.letters()
    assert "Veuillez confirmer" in str(letter["Subject"])
    assert "Tout\u00a0: Chaque semaine" in site.visitor().get(path_in(letter)).text


def test_what_was_sent_and_the_chosen_theme_stay_in_another_language(site: FormSite) -> None:
    assert 'href="/-/subscribe?theme=ferries&amp;language=fr"' in site.visitor().get("/-/subscribe?theme=ferries").text

    mine = site.subscribe(language="fr")
    sent = site.visitor().post(mine, data={"do": "link"}).location
    assert "/-/sent?link&language=fr" == sent
    assert 'href="/-/sent?link=&amp;language=en"' in site.visitor().get(sent).text


def test_fewer_mails_are_told_with_their_pace(site: FormSite) -> None:
    stop = site.stop_path(site.subscribe())

    page = site.visitor().post(stop, data={"do": "fewer"}).text

    assert "You get fewer mails" in page
    assert "What you follow comes at this pace from now on: Monthly." in page
    assert "Fewer mails instead" not in page
    assert {EVERYTHING: "monthly"} == choices(site)
