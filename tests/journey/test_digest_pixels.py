"""The mail looks as its template was written, at every width and in the dark: no pixel differs in Chromium."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.model import DigestStyle
from publisher.rendering.digest import Page, render
from publisher.rendering.templates import Templates, default_folders
from tests.editions import ASYLUM, AUDIENCE, BORDERS, GENERAL, SITE, edition_of, record_of
from tests.judges import SCHEMES, chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = (640, 400, 320)
HEIGHT = 1800
STYLE = DigestStyle(logo="missing.png", logo_alt="Example")
EDITION = edition_of(
    record_of(
        "A question? And an answer, see https://example.org/answer.", themes=[ASYLUM, BORDERS], keywords=("video",)
    ),
    record_of("Words enough for a second line of the title, whatever the width. " * 6, number=2, themes=[BORDERS]),
    record_of("One paragraph.\n\nAnother one.", number=3, title="A title", themes=[GENERAL]),
    record_of("عنوان قصير. نص.", number=4, themes=[GENERAL], language="ar", keywords=("x" * 200,)),
    corrections=[record_of("An older item, corrected.", number=5, corrected=datetime(2026, 3, 1, tzinfo=UTC))],
)


def drawn(html: str, *, scheme: str, folder: Path) -> bytes:
    """A picture of the page at all widths side by side; frames, because a window cannot be as narrow as a phone."""
    folder.mkdir()
    (folder / "page.html").write_text(html, "utf-8")
    style = f"border:0;height:{HEIGHT}px;float:left"
    frames = "".join(f'<iframe src="page.html" style="{style};width:{width}px"></iframe>' for width in WIDTHS)
    (folder / "frames.html").write_text(
        f'<!DOCTYPE html><html style="color-scheme: light dark"><body style="margin:0">{frames}</body></html>', "utf-8"
    )
    options = (f"--window-size={sum(WIDTHS)},{HEIGHT}", f"--screenshot={folder / 'page.png'}")
    chromium(folder / "frames.html", *options, scheme=scheme, profile=folder / "profile")
    return (folder / "page.png").read_bytes()


def test_inlining_changes_no_pixel_at_any_width_in_light_or_dark(tmp_path: Path) -> None:
    templates = Templates(default_folders())
    page = Page(
        edition=EDITION, audience=AUDIENCE, site=SITE, templates=templates, style=STYLE, shown=EDITION.records[::-1]
    )
    written = page.fill("digest.html")
    inlined = render(EDITION, audience=AUDIENCE, site=SITE, templates=templates, style=STYLE).html
    bare = written.replace("<style", "<style media=print")
    assert written.count(' style="') < inlined.count(' style="')

    pictures = {
        (kind, scheme): drawn(html, scheme=scheme, folder=tmp_path / f"{kind}-{scheme}")
        for kind, html in {"written": written, "inlined": inlined, "bare": bare}.items()
        for scheme in SCHEMES
    }

    for scheme in SCHEMES:
        assert pictures["written", scheme] == pictures["inlined", scheme], f"see {tmp_path}"
        assert pictures["bare", scheme] != pictures["inlined", scheme], "the picture does not show the styles"
    assert pictures["inlined", "light"] != pictures["inlined", "dark"]
