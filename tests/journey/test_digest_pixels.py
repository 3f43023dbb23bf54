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


def test_inlining_changes_no_pixel_at_any_width_in_light_or_dark(reader: Reader, tmp_path: Path) -> None:
    renderer = Renderer(site=SITE, templates=TEMPLATES, style=STYLE, themes=THEMES)
    page = DigestPage(renderer, edition=EDITION, audience=AUDIENCE, shown=EDITION.records[::-1])
    written, inlined = page.fill("digest.html"), renderer.render(EDITION, AUDIENCE).html
    bare = written.replace("<style", "<style media=print")
    assert written.count(' style="') < inlined.count(' style="')

    pictures = {
        (kind, scheme): drawn(reader, html, scheme=scheme, folder=tmp_path / f"{kind}-{scheme}")
        for kind, html in {"written": written, "inlined": inlined, "bare": bare}.items()
        for scheme in SCHEMES
    }

    for scheme in SCHEMES:
        assert pictures["written", scheme] == pictures["inlined", scheme], f"see {tmp_path}"
        assert pictures["bare", scheme] != pictures["inlined", scheme], "the picture does not show the styles"
    assert pictures["inlined", "light"] != pictures["inlined", "dark"]


@pytest.mark.parametrize("shown", digests().values(), ids=digests())
def test_every_kind_of_digest_looks_as_it_was_written(shown: Shown, reader: Reader, tmp_path: Path) -> None:
    for scheme in SCHEMES:
        written = drawn(reader, shown.html_as_written, scheme=scheme, folder=tmp_path / f"written-{scheme}")
        inlined = drawn(reader, shown.digest.html, scheme=scheme, folder=tmp_path / f"inlined-{scheme}")
        assert written == inlined, f"see {tmp_path}"
