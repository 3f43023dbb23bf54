"""Compares pictures of inlined digests with pictures of the digest before: how many pixels differ in Chromium, by width
and colour scheme.

Playwright (which comes with the tests) and Chromium are needed; `digest.py --pixels` runs this.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VIEWS: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "640 px": (640, "light"),
    "400 px": (400, "light"),
    "640 px, dark": (640, "dark"),
    "400 px, dark": (400, "dark"),
}
KEPT = '<style data-premailer="ignore">'
"""The start of the style whose rules are not inlined, as marked for premailer."""
TOLD = {"css-inline": '<style data-css-inline="keep">', "juice": "<style data-embed>"}
"""The same mark for the other inliners, by name."""
JUICE = """
const {readFileSync} = require('fs');
process.stdout.write(JSON.stringify(require('juice')(JSON.parse(readFileSync(0, 'utf8')))));
"""
DIFFERING = """
async pictures => {
  const [one, other] = await Promise.all(pictures.map(async data => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    canvas.drawImage(picture, 0, 0);
    return canvas.getImageData(0, 0, picture.width, picture.height);
  }));
  const [mine, theirs] = [one, other].map(each => new Uint32Array(each.data.buffer));
  let differing = Math.abs(mine.length - theirs.length);
  for (let at = 0; at < Math.min(mine.length, theirs.length); at++) differing += mine[at] !== theirs[at];
  return [differing, Math.max(mine.length, theirs.length)];
}
"""


def by_juice(page: str) -> str | None:
    """Return a page that juice inlined, or `None` if juice is not installed."""
    try:
        done = subprocess.run(
            ["node", "--eval", JUICE], input=json.dumps(page), capture_output=True, text=True, check=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    inlined: str = json.loads(done.stdout)
    return inlined


@contextmanager
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        sys.exit("Chromium is needed for --pixels")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, chromium_sandbox=os.geteuid() != 0, args=["--disable-gpu"]
        )
        yield browser
        browser.close()


def drawn(browser: "Browser", html: str) -> dict[str, str]:
    """Return pictures of the whole page at each width and in each colour scheme, as PNG in base64."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "page.html")
        file.write_text(html, "utf-8")
        for view, (width, scheme) in VIEWS.items():
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            page.goto(file.as_uri())
            found[view] = base64.b64encode(page.screenshot(full_page=True)).decode()
            page.close()
    return found


def report(written: str, inlined: Mapping[str, str]) -> str:
    """Return a table with the share of pixels in which each inlined page differs from the page before, for each width
    and colour scheme.
    """
    lines = [f"{'pixels that differ from the source':<36}" + "".join(f"{view:>16}" for view in VIEWS)]
    with chromium() as browser:
        source = drawn(browser, written)
        judge = browser.new_page()
        for name, html in inlined.items():
            pictures = drawn(browser, html)
            shares = [judge.evaluate(DIFFERING, [source[view], pictures[view]]) for view in VIEWS]
            cells = [f"{differing:,}" if not differing else f"{differing / of:.1%}" for differing, of in shares]
            lines.append(f"{name:<36}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)
