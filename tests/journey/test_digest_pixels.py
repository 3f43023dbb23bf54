"""The inlined mail looks exactly as its template, at every width and in dark mode: in Chromium, no pixel differs."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.compose.digest import DigestPage, Renderer
from tests.browser import HEIGHT_PX, SCHEMES, Reader, Scheme, address_of
from tests.digests import Shown, digests
from tests.editions import (
    ASYLUM,
    AUDIENCE,
    BORDERS,
    GENERAL,
    RICH_HTML,
    RICH_HTML_IN_ARABIC,
    SITE,
    TEMPLATES,
    THEMES,
    edition_of,
    record_of,
)
from tests.values import STYLE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS_PX = (640, 400, 320)
ATTEMPTS = 3
STYLE = replace(STYLE, logo="missing.png", logo_alt="Example")
EDITION = edition_of(
    record_of(
        "A question? And an answer, see https://example.org/answer.", themes=[ASYLUM, BORDERS], keywords=("video",)
    ),
    record_of("Words enough for a second line of the title, whatever the width. " * 6, number=2, themes=[BORDERS]),
    record_of("One paragraph.\n\nAnother one.", number=3, title="A title", themes=[GENERAL]),
    record_of("عنوان قصير. نص.", number=4, themes=[GENERAL], language="ar", keywords=("x" * 200,)),
    record_of("Figures.", number=6, title="Figures", html=RICH_HTML, themes=[ASYLUM]),
    record_of("أرقام", number=7, title="أرقام", html=RICH_HTML_IN_ARABIC, language="ar", themes=[ASYLUM]),
    corrections=[record_of("An older item, corrected.", number=5, corrected=datetime(2026, 3, 1, tzinfo=UTC))],
)


def drawn(reader: Reader, html: str, *, scheme: Scheme, folder: Path) -> list[str]:
    """Return hashes of pictures of the whole page, one for each width. The pictures are in `folder`."""
    folder.mkdir()
    page = reader.open(address_of(html, folder), scheme=scheme)
    sums = []
    for width_px in WIDTHS_PX:
        page.set_viewport_size({"width": width_px, "height": HEIGHT_PX})
        picture = page.screenshot(full_page=True, path=folder / f"{width_px}.png")
        sums.append(hashlib.sha256(picture).hexdigest())
    return sums


def drawn_alike(reader: Reader, written: str, inlined: str, *, scheme: Scheme, folder: Path) -> list[str]:
    """Return hashes of the pictures that two pages share, one for each width; fail if the pages look different.

    Chromium under load rarely takes a picture before everything is painted, so pictures that differ are taken again.
    """
    for attempt in range(ATTEMPTS):
        first, second = (
            drawn(reader, html, scheme=scheme, folder=folder / f"{kind}-{scheme}-{attempt}")
            for kind, html in {"written": written, "inlined": inlined}.items()
        )
        if first == second:
            return first
    pytest.fail(f"the pages differ in {ATTEMPTS} attempts, see {folder}")


def test_inlining_changes_no_pixel_at_any_width_in_light_or_dark(reader: Reader, tmp_path: Path) -> None:
    renderer = Renderer(site=SITE, templates=TEMPLATES, style=STYLE, themes=THEMES)
    page = DigestPage(renderer, edition=EDITION, audience=AUDIENCE, shown=EDITION.records[::-1])
    written, inlined = page.fill("digest.html"), renderer.render(EDITION, AUDIENCE).html
    bare = written.replace("<style", "<style media=print")
    assert written.count(' style="') < inlined.count(' style="')

    styled = {scheme: drawn_alike(reader, written, inlined, scheme=scheme, folder=tmp_path) for scheme in SCHEMES}

    for scheme in SCHEMES:
        unstyled = drawn(reader, bare, scheme=scheme, folder=tmp_path / f"bare-{scheme}")
        assert unstyled != styled[scheme], "the picture does not show the styles"
    assert styled["light"] != styled["dark"]


@pytest.mark.parametrize("shown", digests().values(), ids=digests())
def test_every_kind_of_digest_looks_as_it_was_written(shown: Shown, reader: Reader, tmp_path: Path) -> None:
    for scheme in SCHEMES:
        drawn_alike(reader, shown.html_as_written, shown.digest.html, scheme=scheme, folder=tmp_path)
