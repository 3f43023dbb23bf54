"""Reads what a line of a listing says about the day of an item; pure.

A date alone begins an item, and so does a date with words such as `Published on`. `Date:` and `Updated` may also belong
to the item above, and some forms (`06.03.`, `2024-03`, `yesterday`) may be no dates at all: for these lines and forms
`listing_grammar` decides by the place of the line.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from publisher.collect.sources.date_words import Said, is_beside, split_said, weekday_of
from publisher.collect.sources.dates import LONGEST, DateError, plain_of, read_beside, read_line, read_number
from publisher.collect.sources.near_dates import NO_DAY, doubt_of, is_year

_LONGEST = 80
"""The most characters of a line that may be a date with other words; a longer line is a sentence."""
_MOST_WORDS = 5
"""The most words of a date without numbers, such as `il y a deux jours`."""
_YEAR = re.compile(r"(?:1[0-9]|2[01])\d\d")
_DIGITS = re.compile(r"(?:19|20)\d{6}(?:\d{6})?")
_SENTENCE_END = re.compile(r"[.!?…:][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class DateLine:
    """A line that names a day."""

    moment: date | datetime | None
    fault: str = ""
    """Why the date cannot be read; empty if it can be read."""
    said: Said = Said.NOTHING
    """What the words on the line say about the date."""
    is_doubtful: bool = False
    """Whether the line counts as a date only at the beginning of a block (lines without a blank one between) that has
    an item above.
    """
    is_heading: bool = False
    """Whether the line is a year alone, which matters only above a date."""


@lru_cache(maxsize=4_096)
def date_line(line: str) -> DateLine | None:
    """Return the day that a line names, or why the day cannot be read; return `None` if the line is other text."""
    if len(line) > LONGEST or (line.count(" ") >= _MOST_WORDS and not re.search(r"\d", line)):
        return None
    said, bare = split_said(plain_of(line))
    has_digits_alone = _DIGITS.fullmatch(bare) is not None
    try:
        moment = read_number(int(bare)) if has_digits_alone else read_line(line)
    except DateError as error:
        return DateLine(None, str(error), said, is_doubtful=has_digits_alone)
    if moment:
        return DateLine(moment, said=said, is_doubtful=has_digits_alone)
    problem = NO_DAY if is_year(bare) else doubt_of(bare)
    fault = f"{line!r} is no date: {problem}"
    return DateLine(None, fault, said, is_doubtful=True, is_heading=is_year(bare)) if problem else None


@lru_cache(maxsize=4_096)
def looks_dated(line: str) -> bool:
    """Whether a line begins or ends with a date, has a few other words and is no sentence: `10 May 2022 in Brussels`.

    A weekday alone counts too.
    """
    if len(line) > _LONGEST or _SENTENCE_END.search(line):
        return False
    if not re.search(r"\d", line):
        words = line.split()
        return weekday_of(words[-1]) is not None and all(map(is_beside, words[:-1]))
    return _YEAR.search(line) is not None and read_beside(line) is not None


def is_named(line: str) -> bool:
    """Whether the line begins with a word and a colon that name a date, such as `Deadline:`."""
    return re.match(r"[^\d:]+:", line) is not None
