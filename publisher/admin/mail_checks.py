"""Check a digest as inboxes and readers will. Pure: a digest in, findings out.

The rendered mail is checked, not the templates: a site may have its own.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import html as lxml_html
from lxml.cssselect import CSSSelector
from lxml.etree import LxmlError

from publisher.compose.digest import MAX_HTML_BYTES, SUBJECT_CHARS
from publisher.config.colours import PAGE, READABLE, contrast
from publisher.model.editions import Audience, Digest
from publisher.model.links import without_tracking
from publisher.model.site import Site
from publisher.rendering import quoted_printable

ACRONYM_CHARS = 5
LIST_BYTES = 40_000
"""Bytes of text and HTML together. By default Mailman holds a mail of more than 40 kB, headers included."""
LEAST_WORDS = 10
"""How many words a text part needs besides addresses: filters distrust a text that is only a link."""
LARGE_PX, LARGE_BOLD_PX, LARGE_READABLE = 24.0, 18.66, 3.0
"""WCAG 2.2, success criterion 1.4.3: large text needs less contrast."""
BODY_PX = 16.0
BLACK = "#000000"
FORBIDDEN = ("script", "form", "iframe", "object", "embed", "video", "audio")
"""Elements that no mail program shows and that spam filters count."""

DARK_RULES = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
SHORT_COLOUR = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")
COLOUR = re.compile(r"#[0-9a-f]{6}")
URL = re.compile(r"https?://\S+|\S+@\S+")
PIXEL = re.compile(r"[0-2](px)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a site or a mail that could be better."""

    what: str
    """What is wrong and what to do, as one sentence."""
    is_hint: bool = False
    """Whether it may stay; else it must be fixed."""


class ParsedDigest:
    """A digest, with its HTML parsed once for all checks."""

    def __init__(self, digest: Digest, *, audience: Audience, site: Site) -> None:
        self.digest = digest
        self.audience = audience
        self.site = site
        self.page = lxml_html.document_fromstring(digest.html)


Judgement = Callable[[ParsedDigest], Iterator[Finding]]


def judge_contrast(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield texts without contrast, in light and in dark mode."""
    styles = _inlined_styles(mail.page)
    turned = _dark_styles(mail.page)
    dark = {element: {**own, **turned.get(element, {})} for element, own in styles.items()}
    for scheme, by_element in (("light", styles), ("dark", dark)):
        pairs = {
            (colour, ground, is_large): text
            for text, colour, ground, is_large in _texts_in(mail.page, by_element, _Paint())
        }
        for (colour, ground, is_large), text in pairs.items():
            ratio, needed = contrast(colour, ground), LARGE_READABLE if is_large else READABLE
            if ratio < needed:
                yield Finding(
                    what=f"in the {scheme}, {text!r} is {colour} on {ground}: a contrast of {int(ratio * 10) / 10}, "
                    f"readers need {needed}; choose another colour in the template or under [digest]"
                )


def judge_alt_texts(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield pictures without an alternative text."""
    for image in mail.page.iter("img"):
        if not (image.get("alt") or "").strip():
            yield Finding(
                what=f'the picture {image.get("src")} has no text of its own; give it an alt="…"',
                is_hint=_is_of_item(image, mail),
            )


def judge_headings(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield headings that a screen reader cannot follow."""
    levels = [int(element.tag[1]) for element in mail.page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1:
        yield Finding(what=f"it has {levels.count(1)} first headings (h1); expected one, the digest's title")
    for before, level in zip([0, *levels], levels, strict=False):
        if level > before + 1:
            yield Finding(what=f"a heading h{level} follows h{before}; no level may be skipped")
            return


def judge_size(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding if Gmail would cut the mail."""
    size_bytes = encoded_size(mail.digest.html)
    if size_bytes > MAX_HTML_BYTES:
        yield Finding(
            what=f"its HTML takes {size_bytes:,} bytes; Gmail hides what is beyond {MAX_HTML_BYTES:,}, and with it how "
            "to unsubscribe; shorten the template or set max_items"
        )
    if left_out := len(mail.digest.left_out):
        yield Finding(what=f"it has no room for {left_out} of its items; they are on the web only", is_hint=True)


def judge_list_size(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding if a list server would hold the mail for its size."""
    size_bytes = encoded_size(mail.digest.html) + encoded_size(mail.digest.text)
    if size_bytes > LIST_BYTES:
        yield Finding(
            what=f"the mail takes {size_bytes:,} bytes; Mailman holds a post of more than {LIST_BYTES:,} for its "
            "moderator: raise max_message_size of the list, or set max_items",
            is_hint=True,
        )


def judge_links(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield links that lead nowhere, or that track readers."""
    places = {place for element in mail.page.iter() for place in (element.get("id"), element.get("name"))}
    for anchor in dict.fromkeys(_links(mail.page)):
        parts = urlsplit(anchor)
        if anchor.startswith("#"):
            if anchor[1:] not in places:
                yield Finding(what=f"the link {anchor} leads to no place in it")
        elif parts.scheme not in ("http", "https", "mailto", "tel") or (parts.scheme[0] == "h" and not parts.hostname):
            yield Finding(what=f"the link {anchor!r} is no whole address; begin it with https://")
        elif parts.scheme[0] == "h" and without_tracking(anchor) != anchor:
            yield Finding(what=f"the link {anchor} tracks its readers; write {without_tracking(anchor)}")


def judge_tracking(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield what a mail program would fetch from elsewhere when the mail is opened."""
    hosts = {urlsplit(image.get("src") or "").netloc for image in mail.page.iter("img") if _is_of_item(image, mail)}
    for host in sorted(hosts):
        yield Finding(
            what=f"opening it fetches pictures from {host}, which learns of it; keep them below {mail.site.base_url}",
            is_hint=True,
        )
    for element in mail.page.iter():
        address = element.get("src") or element.get("background") or element.get("srcset") or ""
        if element.tag == "link":
            yield Finding(what=f"opening it fetches {element.get('href')}; put styles into <style>")
        elif address and not address.startswith(mail.site.base_url):
            if not _is_of_item(element, mail):
                yield Finding(what=f"opening it fetches {address}; keep pictures below {mail.site.base_url}")
        elif address and any(PIXEL.fullmatch(element.get(side) or "") for side in ("width", "height")):
            yield Finding(what=f"{address} is an invisible pixel; take it out")


def _is_of_item(element: lxml_html.HtmlElement, mail: ParsedDigest) -> bool:
    """Whether a picture came with an item and the audience wants pictures; other pictures are the template's."""
    is_own = (element.get("src") or "").startswith(mail.site.base_url)
    return mail.audience.pictures and element.tag == "img" and not is_own


def judge_subject(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield what inboxes cut in the subject, and what spam filters distrust."""
    subject = mail.digest.subject
    if not subject:
        yield Finding(what="its subject is empty; fix digest-subject.txt")
    if len(subject) > SUBJECT_CHARS:
        yield Finding(
            what=f"its subject has {len(subject)} characters; inboxes show {SUBJECT_CHARS} at most", is_hint=True
        )
    if subject.isupper() and sum(char.isalpha() for char in subject) > ACRONYM_CHARS:
        yield Finding(what=f"its subject is all capitals, as spam is: {subject!r}", is_hint=True)
    if marks := re.search(r"[!?$€£]{2,}", subject):
        yield Finding(what=f"its subject has {marks[0]!r}, as spam does: {subject!r}", is_hint=True)


def judge_preheader(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding if the preheader, which inboxes show beside the subject, says nothing."""
    if not mail.digest.preheader:
        yield Finding(what="it has no preheader; inboxes show the beginning of its text instead", is_hint=True)
    elif mail.digest.preheader == mail.digest.subject:
        yield Finding(what="its preheader repeats the subject", is_hint=True)


def judge_text_part(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a text part that cannot replace the HTML."""
    if len(re.findall(r"[^\W\d_]{2,}", URL.sub(" ", mail.digest.text))) < LEAST_WORDS:
        yield Finding(what="its text part says nothing but addresses, as spam does; fix digest.txt")


def judge_markup(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield elements that mail programs drop, and a missing language or title."""
    for name in FORBIDDEN:
        if mail.page.find(f".//{name}") is not None:
            yield Finding(what=f"it has a <{name}>, which no mail program shows and filters count; take it out")
    if not mail.page.get("lang"):
        yield Finding(what='it does not say its language; write <html lang="{{ lang }}">')
    if not (mail.page.findtext(".//title") or "").strip():
        yield Finding(what="it has no <title>")


def judge_unsubscribing(mail: ParsedDigest) -> Iterator[Finding]:
    """Yield a finding if readers are not told how to unsubscribe, or who writes."""
    audience = mail.audience
    way = audience.unsubscribe_url or audience.unsubscribe_mailto or audience.from_.address
    if not any(link == way or link.startswith(f"mailto:{way}") for link in _links(mail.page)):
        yield Finding(what=f"its HTML has no link to {way}; readers must be told how to unsubscribe")
    if way not in mail.digest.text:
        yield Finding(what=f"its text part does not name {way}; readers must be told how to unsubscribe")
    if not audience.postal_address:
        yield Finding(
            what="it has no postal address, which some laws require in mails to many; set postal_address",
            is_hint=True,
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
    """Return the bytes of a mail's HTML or text as they are sent."""
    return len(quoted_printable.encode(part))


def _links(page: lxml_html.HtmlElement) -> list[str]:
    return [href for anchor in page.iter("a") if (href := anchor.get("href")) is not None]


# --- what is painted on what -----------------------------------------------------------------------------------------

Styles = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Paint:
    """How text looks in an element. What an element does not set, it inherits."""

    colour: str = BLACK
    ground: str = PAGE
    size_px: float = BODY_PX
    is_bold: bool = False

    def inside(self, tag: str, styles: Styles) -> "_Paint":
        return _Paint(
            _colour(styles.get("color", "")) or self.colour,
            _colour(styles.get("background-color", styles.get("background", ""))) or self.ground,
            _pixels(styles.get("font-size", "")) or self.size_px,
            styles.get("font-weight", "bold" if tag in ("b", "strong", "th") or self.is_bold else "")
            in ("bold", "700"),
        )

    @property
    def is_large(self) -> bool:
        return self.size_px >= LARGE_PX or (self.is_bold and self.size_px >= LARGE_BOLD_PX)


def _texts_in(
    element: lxml_html.HtmlElement, styles: Mapping[lxml_html.HtmlElement, Styles], around: _Paint
) -> Iterator[tuple[str, str, str, bool]]:
    """Yield each visible text, its colour, its background, and whether it is large."""
    own = styles.get(element, {})
    if element.tag in ("head", "script", "style") or own.get("display") == "none":
        return
    paint = around.inside(element.tag, own)
    texts = [element.text, *(child.tail for child in element)]
    for text in texts:
        if text and (words := " ".join(text.split())):
            yield words[:40], paint.colour, paint.ground, paint.is_large
    for child in element:
        if isinstance(child.tag, str):
            yield from _texts_in(child, styles, paint)


def _inlined_styles(page: lxml_html.HtmlElement) -> dict[lxml_html.HtmlElement, Styles]:
    """Return the inline styles of each element."""
    return {
        element: {
            **({"background-color": element.get("bgcolor")} if element.get("bgcolor") else {}),
            **_declarations(element.get("style", "")),
        }
        for element in page.iter()
        if isinstance(element.tag, str)
    }


def _dark_styles(page: lxml_html.HtmlElement) -> dict[lxml_html.HtmlElement, Styles]:
    """Return what the rules for dark mode set for each element. A later rule wins, as the templates order them."""
    found: dict[lxml_html.HtmlElement, dict[str, str]] = {}
    for sheet in page.iter("style"):
        for block in DARK_RULES.findall(sheet.text or ""):
            for selectors, body in RULE.findall(block):
                for element in _elements_for(page, selectors.strip()):
                    found.setdefault(element, {}).update(_declarations(body))
    return dict(found)


def _elements_for(page: lxml_html.HtmlElement, selectors: str) -> list[lxml_html.HtmlElement]:
    try:
        matched = CSSSelector(selectors, translator="html")
    except (LxmlError, SyntaxError):  # a selector that only some mail programs know
        return []
    found = matched(page)
    return [each for each in found if isinstance(each, lxml_html.HtmlElement)] if isinstance(found, list) else []


def _declarations(style: str) -> dict[str, str]:
    pairs = (declaration.partition(":") for declaration in style.lower().split(";") if ":" in declaration)
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


def _colour(value: str) -> str:
    """Return the colour as `#rrggbb`; empty for other notations, which are not checked."""
    if short := SHORT_COLOUR.fullmatch(value):
        return "#" + "".join(part * 2 for part in short.groups())
    named = {"white": PAGE, "black": BLACK}.get(value, value)
    return named if COLOUR.fullmatch(named) else ""


def _pixels(value: str) -> float:
    number = re.fullmatch(r"(\d+(?:\.\d+)?)px", value)
    return float(number[1]) if number else 0.0
