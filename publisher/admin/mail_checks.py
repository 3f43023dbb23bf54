"""Checks a digest as inboxes and readers will see it. Pure. In: a digest. Out: findings.

The rendered mail is checked instead of the templates, because a site may have its own templates.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from lxml import html as lxml_html

from publisher.admin.mail_colours import PaintedText, texts_in_the_dark, texts_in_the_light
from publisher.compose.digest import MAX_HTML_BYTES, SUBJECT_CHARS
from publisher.config.colours import READABLE, contrast
from publisher.model.digests import Digest
from publisher.model.editions import Audience
from publisher.model.links import without_tracking
from publisher.model.site import Site
from publisher.rendering import quoted_printable

ACRONYM_CHARS = 5
LIST_BYTES = 40_000
"""The most bytes that text and HTML of a mail may have together. By default, Mailman holds back a mail of more than 40
kB, headers included.
"""
LEAST_WORDS = 10
"""How many words besides addresses a text part must have. Spam filters distrust a text that is only a link."""
LARGE_READABLE = 3.0
"""The least contrast ratio of large text (WCAG 2.2, success criterion 1.4.3)."""
FORBIDDEN = ("script", "form", "iframe", "object", "embed", "video", "audio")
"""Elements that no mail program shows and for which spam filters lower their opinion of a mail."""

URL = re.compile(r"https?://\S+|\S+@\S+")
PIXEL = re.compile(r"[0-2](px)?")


class MailFlaw(StrEnum):
    """The kinds of flaws of a mail. A finding's kind and values suffice to put it into words in any language."""

    PALE = "pale"
    PALE_IN_THE_DARK = "pale in the dark"
    SILENT_PICTURE = "silent picture"
    HEADINGS = "headings"
    TOO_LARGE = "too large"
    NO_ROOM = "no room"
    LARGE_FOR_A_LIST = "large for a list"
    DEAD_ANCHOR = "dead anchor"
    PARTIAL_LINK = "partial link"
    TRACKING_LINK = "tracking link"
    FOREIGN_PICTURES = "foreign pictures"
    FETCHES = "fetches"
    PIXEL = "pixel"
    NO_SUBJECT = "no subject"
    LONG_SUBJECT = "long subject"
    LOUD_SUBJECT = "loud subject"
    SHOUTED_SUBJECT = "shouted subject"
    NO_PREHEADER = "no preheader"
    REPEATED_SUBJECT = "repeated subject"
    BARE_TEXT = "bare text"
    USELESS_ELEMENT = "useless element"
    NO_LANGUAGE = "no language"
    NO_TITLE = "no title"
    NO_WAY_OUT = "no way out"
    NO_WAY_OUT_IN_TEXT = "no way out in text"
    NO_POSTAL_ADDRESS = "no postal address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a site or a mail that could be better."""

    what: str
    """What is wrong and what to do about it, as one sentence."""
    is_hint: bool = False
    """Whether the finding is only a hint. If not, it must be fixed."""
    flaw: MailFlaw | None = None
    """The flaw, if the finding is about a mail, or else `None`."""
    values: Mapping[str, str | int | float] = field(default_factory=dict)
    """The values in the sentence about the flaw of a mail, such as the link."""


class ParsedDigest:
    """A digest, with its HTML parsed once for all checks."""

    def __init__(self, digest: Digest, *, audience: Audience, site: Site) -> None:
        self.digest = digest
        self.audience = audience
        self.site = site
        self.page = lxml_html.document_fromstring(digest.html)


Judgement = Callable[[ParsedDigest], Iterator[Finding]]


def judge_contrast(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield texts with too little contrast, in light and in dark mode."""
    yield from _pale_texts(mail.digest.html)


@lru_cache(maxsize=8)  # an editor's page checks the same mail at every view, and this check is a third of the work
def _pale_texts(html: str) -> tuple[Finding, ...]:
    page = lxml_html.document_fromstring(html)
    return (
        *_too_pale(texts_in_the_light(page), flaw=MailFlaw.PALE),
        *_too_pale(texts_in_the_dark(page), flaw=MailFlaw.PALE_IN_THE_DARK),
    )


def _too_pale(texts: Iterable[PaintedText], *, flaw: MailFlaw) -> Iterator[Finding]:
    scheme = "light" if flaw is MailFlaw.PALE else "dark"
    pairs = {(each.colour, each.ground, each.is_large): each.words for each in texts}
    for (colour, ground, is_large), text in pairs.items():
        ratio, needed = contrast(colour, ground), LARGE_READABLE if is_large else READABLE
        if ratio < needed:
            yield Finding(
                what=f"in the {scheme}, {text!r} is {colour} on {ground}: a contrast of {int(ratio * 10) / 10}, "
                f"readers need {needed}; choose another colour in the template or under [digest]",
                flaw=flaw,
                values={"text": text, "ratio": int(ratio * 10) / 10, "needed": needed},
            )


def judge_alt_texts(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield pictures without an alternative text."""
    for image in mail.page.iter("img"):
        if not (image.get("alt") or "").strip():
            yield Finding(
                what=f'the picture {image.get("src")} has no text of its own; give it an alt="…"',
                is_hint=_is_of_item(image, mail),
                flaw=MailFlaw.SILENT_PICTURE,
                values={"picture": str(image.get("src"))},
            )


def judge_headings(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield headings whose levels would confuse a screen reader."""
    levels = [int(element.tag[1]) for element in mail.page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1:
        yield Finding(
            what=f"it has {levels.count(1)} first headings (h1); expected one, the digest's title",
            flaw=MailFlaw.HEADINGS,
        )
    for before, level in zip([0, *levels], levels, strict=False):
        if level > before + 1:
            yield Finding(what=f"a heading h{level} follows h{before}; no level may be skipped", flaw=MailFlaw.HEADINGS)
            return


def judge_size(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding if Gmail would cut the mail."""
    size_bytes = encoded_size(mail.digest.html)
    if size_bytes > MAX_HTML_BYTES:
        yield Finding(
            what=f"its HTML takes {size_bytes:,} bytes; Gmail hides what is beyond {MAX_HTML_BYTES:,}, and with it how "
            "to unsubscribe; shorten the template or set max_items",
            flaw=MailFlaw.TOO_LARGE,
            values={"size": size_bytes // 1000, "limit": MAX_HTML_BYTES // 1000},
        )
    if left_out := len(mail.digest.left_out):
        yield Finding(
            what=f"it has no room for {left_out} of its items; they are on the web only",
            is_hint=True,
            flaw=MailFlaw.NO_ROOM,
            values={"num": left_out},
        )


def judge_list_size(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding if the server of a mailing list would hold back the mail for approval because of its size."""
    size_bytes = encoded_size(mail.digest.html) + encoded_size(mail.digest.text)
    if size_bytes > LIST_BYTES:
        yield Finding(
            what=f"the mail takes {size_bytes:,} bytes; Mailman holds a mail of more than {LIST_BYTES:,} for its "
            "moderator: raise max_message_size of the list, or set max_items",
            is_hint=True,
            flaw=MailFlaw.LARGE_FOR_A_LIST,
            values={"size": size_bytes // 1000, "limit": LIST_BYTES // 1000},
        )


def judge_links(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield links that lead nowhere, or that track readers."""
    places = {place for element in mail.page.iter() for place in (element.get("id"), element.get("name"))}
    for anchor in dict.fromkeys(_links(mail.page)):
        parts = urlsplit(anchor)
        if anchor.startswith("#"):
            if anchor[1:] not in places:
                yield Finding(
                    what=f"the link {anchor} leads to no place in it",
                    flaw=MailFlaw.DEAD_ANCHOR,
                    values={"link": anchor},
                )
        elif parts.scheme not in ("http", "https", "mailto", "tel") or (parts.scheme[0] == "h" and not parts.hostname):
            yield Finding(
                what=f"the link {anchor!r} is no whole address; begin it with https://",
                flaw=MailFlaw.PARTIAL_LINK,
                values={"link": anchor},
            )
        elif parts.scheme[0] == "h" and without_tracking(anchor) != anchor:
            yield Finding(
                what=f"the link {anchor} tracks its readers; write {without_tracking(anchor)}",
                flaw=MailFlaw.TRACKING_LINK,
                values={"link": anchor, "better": without_tracking(anchor)},
            )


def judge_tracking(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding for everything that a mail program would fetch from the network when the mail is opened."""
    hosts = {urlsplit(image.get("src") or "").netloc for image in mail.page.iter("img") if _is_of_item(image, mail)}
    for host in sorted(hosts):
        yield Finding(
            what=f"opening it fetches pictures from {host}, which learns of it; keep them below {mail.site.base_url}",
            is_hint=True,
            flaw=MailFlaw.FOREIGN_PICTURES,
            values={"host": host},
        )
    for element in mail.page.iter():
        address = element.get("src") or element.get("background") or element.get("srcset") or ""
        if element.tag == "link":
            yield Finding(
                what=f"opening it fetches {element.get('href')}; put styles into <style>",
                flaw=MailFlaw.FETCHES,
                values={"address": str(element.get("href"))},
            )
        elif address and not address.startswith(mail.site.base_url):
            if not _is_of_item(element, mail):
                yield Finding(
                    what=f"opening it fetches {address}; keep pictures below {mail.site.base_url}",
                    flaw=MailFlaw.FETCHES,
                    values={"address": address},
                )
        elif address and any(PIXEL.fullmatch(element.get(side) or "") for side in ("width", "height")):
            yield Finding(
                what=f"{address} is an invisible pixel; take it out", flaw=MailFlaw.PIXEL, values={"address": address}
            )


def _is_of_item(element: lxml_html.HtmlElement, mail: ParsedDigest) -> bool:
    """Whether a picture belongs to an item and the audience wants pictures. Other pictures belong to the template."""
    is_own = (element.get("src") or "").startswith(mail.site.base_url)
    return mail.audience.pictures and element.tag == "img" and not is_own


def judge_subject(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding if inboxes cut the subject, or spam filters distrust it."""
    subject = mail.digest.subject
    if not subject:
        yield Finding(what="its subject is empty; fix digest-subject.txt", flaw=MailFlaw.NO_SUBJECT)
    if len(subject) > SUBJECT_CHARS:
        yield Finding(
            what=f"its subject has {len(subject)} characters; inboxes show {SUBJECT_CHARS} at most",
            is_hint=True,
            flaw=MailFlaw.LONG_SUBJECT,
            values={"num": len(subject), "limit": SUBJECT_CHARS},
        )
    if subject.isupper() and sum(char.isalpha() for char in subject) > ACRONYM_CHARS:
        yield Finding(
            what=f"its subject is all capitals, as spam is: {subject!r}", is_hint=True, flaw=MailFlaw.LOUD_SUBJECT
        )
    if marks := re.search(r"[!?$€£]{2,}", subject):
        yield Finding(
            what=f"its subject has {marks[0]!r}, as spam does: {subject!r}",
            is_hint=True,
            flaw=MailFlaw.SHOUTED_SUBJECT,
            values={"marks": marks[0]},
        )


def judge_preheader(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding if the preheader of a mail, which inboxes show beside the subject, has no words."""
    if not mail.digest.preheader:
        yield Finding(
            what="it has no preheader; inboxes show the beginning of its text instead",
            is_hint=True,
            flaw=MailFlaw.NO_PREHEADER,
        )
    elif mail.digest.preheader == mail.digest.subject:
        yield Finding(what="its preheader repeats the subject", is_hint=True, flaw=MailFlaw.REPEATED_SUBJECT)


def judge_text_part(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding if the mail's text part cannot replace its HTML."""
    if len(re.findall(r"[^\W\d_]{2,}", URL.sub(" ", mail.digest.text))) < LEAST_WORDS:
        yield Finding(
            what="its text part says nothing but addresses, as spam does; fix digest.txt", flaw=MailFlaw.BARE_TEXT
        )


def judge_markup(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield HTML elements that mail programs drop, and a missing language or title of the mail."""
    for name in FORBIDDEN:
        if mail.page.find(f".//{name}") is not None:
            yield Finding(
                what=f"it has a <{name}>, which no mail program shows and filters count; take it out",
                flaw=MailFlaw.USELESS_ELEMENT,
                values={"element": name},
            )
    if not mail.page.get("lang"):
        yield Finding(what='it does not say its language; write <html lang="{{ lang }}">', flaw=MailFlaw.NO_LANGUAGE)
    if not (mail.page.findtext(".//title") or "").strip():
        yield Finding(what="it has no <title>", flaw=MailFlaw.NO_TITLE)


def judge_unsubscribing(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding if readers are not told how to unsubscribe, or who sends the mail."""
    audience = mail.audience
    way = audience.unsubscribe_url or audience.unsubscribe_mailto or audience.from_.address
    if not any(link == way or link.startswith(f"mailto:{way}") for link in _links(mail.page)):
        yield Finding(
            what=f"its HTML has no link to {way}; readers must be told how to unsubscribe",
            flaw=MailFlaw.NO_WAY_OUT,
            values={"way": way},
        )
    if way not in mail.digest.text:
        yield Finding(
            what=f"its text part does not name {way}; readers must be told how to unsubscribe",
            flaw=MailFlaw.NO_WAY_OUT_IN_TEXT,
            values={"way": way},
        )
    if not audience.postal_address:
        yield Finding(
            what="it has no postal address, which some laws require in mails to many; set postal_address",
            is_hint=True,
            flaw=MailFlaw.NO_POSTAL_ADDRESS,
        )


JUDGEMENTS: tuple[tuple[str, Judgement], ...] = (
    ("subject", judge_subject),
    ("preheader", judge_preheader),
    ("size", judge_size),
    ("list size", judge_list_size),
    ("contrast", judge_contrast),
    ("alt texts", judge_alt_texts),
    ("headings", judge_headings),
    ("links", judge_links),
    ("tracking", judge_tracking),
    ("text part", judge_text_part),
    ("markup", judge_markup),
    ("unsubscribing", judge_unsubscribing),
)
"""The checks of every mail, under the names that `publisher check` shows."""


def encoded_size(part: str) -> int:
    """Return the encoded size in bytes of a mail's HTML or text."""
    return len(quoted_printable.encode(part))


def _links(page: lxml_html.HtmlElement) -> list[str]:
    return [href for anchor in page.iter("a") if (href := anchor.get("href")) is not None]
