"""Makes the pictures of the documentation from the sample that comes along: `.venv/bin/python docs/make_pictures.py`.

It needs Chromium. The sample is published into a folder that is thrown away, at a fixed moment, so that the pictures
change only when the templates do.
"""
# ruff: noqa: INP001  (a script beside the documentation, in no package)
# ruff: noqa: S603  (what is run is named here)

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from publisher.app import Publisher
from publisher.config.config import Config
from publisher.serve.desk.list_tasks import ListTasks
from publisher.serve.desk.part import desk_pages
from publisher.serve.source_watch import SourceWatch
from publisher.serve.web import application

IMAGES = Path(__file__).parent / "images"
MOMENT = "2022-02-14T08:00"
PICTURES = {
    "digest.png": ("outbox/weekly-1/digest.html", (640, 1000)),
    "page.png": ("feeds/cross-sectional/index.html", (800, 1000)),
}
"""By file: what it shows of the site, and its width and height in pixels."""
DESK_SIZE = (1000, 1150)
EDITOR = "editor@example.org"
DESK = "/-/desk/edition/weekly"


def main() -> None:
    """Write every picture into `IMAGES`."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is needed to make the pictures: install it, then run this again")
    with TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        publisher = [str(Path(sys.executable).with_name("publisher"))]
        subprocess.run([*publisher, "init", str(site)], check=True)
        subprocess.run([*publisher, "run", "--config", str(site / "config.toml"), "--now", MOMENT], check=True)
        for name, (page, size) in PICTURES.items():
            draw(site / page, IMAGES / name, size=size, chromium=chromium, profile=Path(folder) / "profile")
        page = save_desk(Path(folder) / "reviewed", publisher)
        draw(page, IMAGES / "desk.png", size=DESK_SIZE, chromium=chromium, profile=Path(folder) / "profile")


def save_desk(site: Path, publisher: list[str]) -> Path:
    """Make a site whose first edition is held, and write its page at the desk into a file, with its styles."""
    subprocess.run([*publisher, "init", str(site)], check=True)
    config = site / "config.toml"
    text = (
        config.read_text("utf-8").replace("# review = ", "review = ").replace("# people = []", f'people = ["{EDITOR}"]')
    )
    config.write_text(text, "utf-8")
    subprocess.run([*publisher, "run", "--config", str(config), "--now", MOMENT], check=True)
    moment = datetime.fromisoformat(MOMENT).replace(tzinfo=UTC)
    with Publisher.open(Config.load(config), now=moment) as opened:
        base_url = opened.config.site.base_url
        desk = desk_pages(
            lambda: opened, base_url=base_url, on_act=lambda: None, watch=SourceWatch(), tasks=ListTasks()
        )
        editor = application(desk).test_client()
        editor.post(f"/{opened.desk.new_link(EDITOR).removeprefix(base_url)}")
        html, style = editor.get(DESK).text, editor.get("/-/desk/style.css").text
    (site / "desk.css").write_text(style, "utf-8")
    html = html.replace('href="/style.css"', 'href="feeds/style.css"').replace("/-/desk/style.css", "desk.css")
    (site / "desk.html").write_text(html, "utf-8")
    return site / "desk.html"


def draw(page: Path, picture: Path, *, size: tuple[int, int], chromium: str, profile: Path) -> None:
    """Write what a window of that size shows of the page."""
    options = [
        "--headless",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={profile}",
        f"--window-size={size[0]},{size[1]}",
        "--blink-settings=preferredColorScheme=1",  # light
        f"--screenshot={picture}",
    ]
    if os.geteuid() == 0:
        options.append("--no-sandbox")
    subprocess.run([chromium, *options, page.as_uri()], check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
