"""[digest]: how every digest looks."""

import re
from typing import Annotated

from pydantic import Field

from publisher.config.colours import DARK_PAGE, LIGHTER_BY, PAGE, READABLE, contrast, nearest_readable
from publisher.config.tables import Table, Value, key
from publisher.config.values import Line, Picture, any_of, list_of, matching, read_list, read_text
from publisher.model.editions import DigestStyle
from publisher.model.site import Site

_COLOUR = r"#[0-9a-f]{6}"
_FONT = r"[A-Za-z][A-Za-z0-9 -]{0,60}"
_GENERIC_FONTS = ("serif", "sans-serif", "monospace")
_ACCENT, _ACCENT_DARK = "#0a4f8f", "#8cc0f5"


def _colour_on(page: str) -> Value:
    def read(value: object) -> str:
        colour = read_text(value).lower()
        if not re.fullmatch(_COLOUR, colour):
            raise ValueError
        ratio = contrast(colour, page)
        if ratio < READABLE:
            raise ValueError(
                f"{colour} cannot be read on {page}: their contrast is {int(ratio * 100) / 100:.2f}, expected "
                f"{READABLE} or more; the nearest shade that will do is {nearest_readable(colour, on=page)}"
            )
        return colour

    return Value(f"a colour such as {_ACCENT}, readable on {page}", read, matching("#[0-9a-fA-F]{6}"))


def _font(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_FONT, value):
        raise ValueError
    return value


def _fonts(value: object) -> tuple[str, ...]:
    fonts = read_list(FONT)(value)
    if not fonts or fonts[-1] not in _GENERIC_FONTS:
        raise ValueError(f"expected the last font to be one that every reader has: {any_of(_GENERIC_FONTS)}")
    return fonts


LIGHT_COLOUR, DARK_COLOUR = _colour_on(PAGE), _colour_on(DARK_PAGE)
FONT = Value("the name of a font: letters, digits, spaces and hyphens", _font, matching(_FONT))
FONTS = Value('a list of font names such as ["Helvetica", "sans-serif"]', _fonts, list_of(FONT.schema, minItems=1))


class DigestTable(Table):
    """How every digest looks. Colours are checked: text in them must be readable."""

    accent: Annotated[str, LIGHT_COLOUR] = key("The colour of links and lines in light mode.", default=_ACCENT)
    accent_dark: Annotated[str, DARK_COLOUR] | None = key(
        "The same colour in dark mode. If not set, it is a lighter shade of accent.",
        default=None,
        example=_ACCENT_DARK,
    )
    logo: Picture | None = key(
        "A picture above the title. If not set, there is none.", default=None, example="assets/logo.png"
    )
    logo_alt: Line | None = key(
        "The text for readers who do not see the logo. If not set, it is the site's title.",
        default=None,
        example="EMN Belgium news",
    )
    logo_width: Annotated[int, Field(ge=16, le=480)] = key("The logo's width in pixels.", default=160)
    width: Annotated[int, Field(ge=480, le=700)] = key(
        "The width of the digest in pixels, where there is room.", default=600
    )
    fonts: Annotated[tuple[str, ...], FONTS] = key(
        "The fonts of the text; a reader sees the first one on their machine.",
        default=["Helvetica Neue", "Helvetica", "Arial", "sans-serif"],
    )
    heading_fonts: Annotated[tuple[str, ...], FONTS] = key(
        "The fonts of headings.", default=["Georgia", "Times New Roman", "serif"]
    )

    def style(self, site: Site) -> DigestStyle:
        """Return how digests look. What config.toml leaves out follows from the site and the accent colour."""
        made = nearest_readable(self.accent, on=DARK_PAGE, ratio=LIGHTER_BY)
        return DigestStyle(
            accent=self.accent,
            accent_dark=self.accent_dark or (_ACCENT_DARK if self.accent == _ACCENT else made),
            logo=self.logo or "",
            logo_alt=self.logo_alt or site.title,
            logo_width=self.logo_width,
            width=self.width,
            fonts=self.fonts,
            heading_fonts=self.heading_fonts,
        )
