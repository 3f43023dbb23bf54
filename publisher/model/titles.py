"""Makes a title and a summary for items whose source gives only text; pure.

A full stop ends a sentence unless it belongs to an abbreviation, an initial or the number of a day, or a lower-case
letter follows. In doubt the sentence goes on: a title that is cut at its maximum length still reads well, while a title
that ends at `No.` does not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from publisher.model.characters import even_spaces, without_invisible
from publisher.model.items import Item

TITLE_LENGTH = 200
"""A first sentence of up to this many characters is a title uncut: four lines of a mail, eight on a narrow phone."""
OWN_TITLE_LENGTH = 1_000
"""The most characters of a title from a source; a longer one is a mistake of the source."""
SUMMARY_LENGTH = 280
OWN_SUMMARY_LENGTH = 500
"""The most characters of a summary from a source."""
SUMMARY_SENTENCES = 2

_STOP = re.compile(r"(?P<mark>[.!?…]+)[\"'”’»)\]]*(?=\s|$)|(?P<wide>[。！？])[”’」』）]*")
_OPENING = "\"'“‘«„([¿¡"
_ABBREVIATIONS_IN = {
    "en": "mr mrs ms dr prof rev hon st jr sr no nos art arts para paras sec fig figs vol ed eds vs cf ca al approx "
    "dept gov min max tel ext p pp inc ltd co corp e.g i.e a.m p.m",
    "fr": "m mm mme mmes mlle me n° cf env p.ex c.-à-d av chap réf resp",
    "nl": "nr nrs dhr mevr mw ir ing drs blz bijv bv o.a d.w.z m.b.t i.v.m t.a.v t.e.m a.u.b z.s.m incl excl",
    "de": "hr fr abs bzw ggf z.b d.h u.a i.d.r vgl evtl inkl zzgl str",
    "months": "jan janv feb févr fév mar mrt mär apr avr jun jul juil aug sep sept oct okt nov dec déc dez",
}
_ABBREVIATIONS = frozenset(" ".join(_ABBREVIATIONS_IN.values()).split())
_WORD = re.compile(r"\S+")
_INITIALS = re.compile(r"(?:\w\.)*\w")
_BULLET = re.compile(r"[•‣▪*–-] +(?=\S)")
"""The bullet of the first point of a list, which is not part of a title."""
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_ENOUGH = 4_000
"""How many characters of a text are searched for sentences: neither a title nor a summary needs more."""
_KEPT = 10_000
"""How many titles and summaries are cached: every page and feed with an item asks for them."""
_DAY_NUMBER = re.compile(r"\d{1,2}")
_TRAILING = " .,;:–—-(/&“‘«„"
_CLAUSE_ENDS = (", ", "; ", ": ", " – ", " — ")
_LEAST_SHARE = 0.75
"""The share of the allowed length that must remain when a text is cut at a better place than its maximum length, such
as a clause.
"""
_LEANS_ON_THE_NEXT = re.compile(r"(?:\s[^\W\d_A-ZÀ-ÖØ-Þ]{1,3})+$")
"""Short words at the end of a cut text, such as articles and prepositions, which belong to the next word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """An item's title, and the text to show below it."""

    title: str
    """The title, on one line; empty if the item has no words."""
    sentence: str
    """The part of the text that the title repeats: the first sentence, or the first paragraph if a source's title
    equals it. Empty if the title is cut, or differs.
    """
    text: str
    """The text after `sentence`; empty if the title is the whole text."""

    @property
    def is_whole_text(self) -> bool:
        """Whether the title is the whole text."""
        return bool(self.sentence) and not self.text


def heading_of(item: Item) -> Heading:
    """Return the item's heading: the source's title, or else the first sentence without its full stop, and the text
    below it.

    A first sentence longer than `TITLE_LENGTH` is cut at a clause or a word; the text below the title is then the whole
    text.
    """
    own = even_spaces(without_invisible(item.title))
    if not own:
        title, end = _sentence_as_title(item.text[:_ENOUGH])
    else:
        paragraph = _PARAGRAPH_END.split(item.text, maxsplit=1)[0]
        title = shorten(own, OWN_TITLE_LENGTH)
        end = len(paragraph) if title == own and _are_same(own, paragraph) else 0
    return Heading(title=title, sentence=item.text[:end].strip(), text=item.text[end:].strip())


def title_of(item: Item) -> str:
    """Return the item's title, as `heading_of` gives it."""
    own = even_spaces(without_invisible(item.title))
    return shorten(own, OWN_TITLE_LENGTH) if own else _sentence_as_title(item.text[:_ENOUGH])[0]


@lru_cache(_KEPT)
def _sentence_as_title(text: str) -> tuple[str, int]:
    """Return the first sentence as a title, and the position in the text after it, or 0 if the title is cut."""
    sentence = next(iter(_sentences(text)), "")
    title = even_spaces(without_invisible(_without_full_stop(sentence)))
    bullet = _BULLET.match(title)
    title = title[bullet.end() :] if bullet else title
    if len(title) > TITLE_LENGTH:
        return _cut(title), 0
    return title, _end_of(sentence, text)


def _end_of(sentence: str, text: str) -> int:
    """Return the position in `text` after `sentence`, whatever the spacing; return 0 if the text does not begin with
    the sentence.
    """
    *first, last = sentence.split() or [""]
    words = list(islice(_WORD.finditer(text), len(first) + 1))  # a pattern compiled per sentence would take longer
    if not words or [word[0] for word in words[:-1]] != first or not words[-1][0].startswith(last):
        return 0
    return words[-1].start() + len(last)


def _cut(title: str) -> str:
    clause = max(title.rfind(end, 0, TITLE_LENGTH) for end in _CLAUSE_ENDS)
    if clause >= _LEAST_SHARE * TITLE_LENGTH:
        return title[:clause].rstrip(_TRAILING) + "…"
    return shorten(title, TITLE_LENGTH)


def _are_same(title: str, text: str) -> bool:
    """Whether a text is the same as its title, except for the final full stop."""
    words = text if len(text) <= _ENOUGH else ""
    return _bare(title) == _bare(even_spaces(without_invisible(words)))


def _bare(words: str) -> str:
    return words.removesuffix(".").rstrip()


def summary_of(item: Item) -> str:
    """Return the source's own summary, or the first one or two sentences of the text, cut if they are too long."""
    if item.summary:
        return shorten(even_spaces(item.summary), OWN_SUMMARY_LENGTH)
    return _summary(item.text[:_ENOUGH])


def summary_below(item: Item) -> str:
    """Return the summary to show below the title: the source's own, or the sentences of the text after the title."""
    heading = heading_of(item)
    if item.summary:
        summary = summary_of(item)
        return "" if _are_same(heading.title, summary) else summary
    return _summary(heading.text[:_ENOUGH])


@lru_cache(_KEPT)
def _summary(text: str) -> str:
    summary = ""
    for sentence in _sentences(text):
        longer = f"{summary} {sentence}".strip()
        if summary and len(longer) > SUMMARY_LENGTH:
            break
        summary = longer
    return shorten(summary, SUMMARY_LENGTH)


def shorten(text: str, length: int) -> str:
    """Return `text`, shortened at a word to at most `length` characters with an ellipsis."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    if not text[length - 1].isspace() and " " in cut:
        cut = cut[: cut.rindex(" ")]
    cut = cut.rstrip(_TRAILING)
    whole = _LEANS_ON_THE_NEXT.sub("", cut).rstrip(_TRAILING)
    return (whole if len(whole) >= _LEAST_SHARE * length else cut) + "…"


@lru_cache(1)  # callers ask for an item's title and then for its summary
def _sentences(text: str) -> tuple[str, ...]:
    """Return the first sentences of a text, as many as a summary may have."""
    return tuple(islice(sentences_of(text), SUMMARY_SENTENCES))


def sentences_of(text: str) -> Iterator[str]:
    """Yield the sentences of a text, paragraph by paragraph."""
    for paragraph in _PARAGRAPH_END.split(text):
        words = even_spaces(paragraph)
        start = 0
        for stop in _STOP.finditer(words):
            if _is_end(words, stop) and any(map(str.isalnum, words[start : stop.start()])):
                yield words[start : stop.end()].strip()
                start = stop.end()
        if words[start:].strip():
            yield words[start:].strip()


def _is_end(text: str, stop: re.Match[str]) -> bool:
    """Whether the mark `stop` ends a sentence. The words of `text` are separated by one space."""
    following = text[stop.end() + 1 : stop.end() + 2]
    if stop["mark"] != "." or stop.end() > stop.end("mark") or not following:
        return not following.islower()
    return not (following.islower() or _owns_its_stop(text[text.rfind(" ", 0, stop.start()) + 1 : stop.start()]))


def _owns_its_stop(word: str) -> bool:
    """Whether the full stop after `word` belongs to it: an abbreviation, an initial, the number of a day."""
    bare = word.lstrip(_OPENING)
    return bool(bare.lower() in _ABBREVIATIONS or _INITIALS.fullmatch(bare) or _DAY_NUMBER.fullmatch(bare))


def _without_full_stop(sentence: str) -> str:
    """Return `sentence` as a heading: without its final full stop, unless that belongs to the last word."""
    bare = sentence.removesuffix(".")
    last = bare.rsplit(" ", 1)[-1]
    is_kept = bare.endswith(".") or (_owns_its_stop(last) and not last.isdigit())
    return sentence if is_kept else bare.rstrip() or sentence
