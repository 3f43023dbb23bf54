"""The public pages before those who judge pages: a browser's accessibility engine in both schemes, and a validator."""

import html
import json
import re
from pathlib import Path

import pytest

from tests.judges import SCHEMES, chromium, node_module, run
from tests.world import NOW, World, news

KINDS = (
    *("index.html", "404.html", "all/index.html", "all/pages/1.html", "keywords/index.html"),
    *("archive/weekly/index.html", "archive/weekly/1.html", "items/shown", "items/withdrawn"),
)
"""One page of each kind; the last one is withdrawn."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A site with a page of every kind."""
    items = [
        news(f"{day:02} {month} 2025", f"Number {n:03}. Words of it.", theme="Borders & Visa", keywords="ice, fog")
        for n, (month, day) in enumerate(((m, d) for m in ("March", "April") for d in range(1, 31)), start=1)
    ]
    world = World(tmp_path_factory.mktemp("judged") / "site", "\n\n".join(items[::-1]))
    world.publisher("run", at=NOW)
    world.edit(items[49] + "\n\n", "")
    world.publisher("run", at=NOW)
    return world


def page_of(world: World, kind: str) -> Path:
    if not kind.startswith("items/"):
        return world.feeds / kind
    is_gone = kind == "items/withdrawn"
    pages = sorted(world.feeds.glob("items/2025/*.html"))
    return next(page for page in pages if ("This item was withdrawn" in page.read_text("utf-8")) == is_gone)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_barrier(world: World, kind: str, scheme: str, tmp_path: Path) -> None:
    axe = (node_module("axe-core") / "axe.min.js").read_text("utf-8")
    judge = (
        f"<script>{axe}</script><script>axe.run().then(found => document.documentElement.dataset.found ="
        " JSON.stringify([matchMedia('(prefers-color-scheme: dark)').matches, found.passes.map(rule => rule.id),"
        " ...['violations', 'incomplete'].map(kind => found[kind].map(rule => [rule.id, rule.nodes.map(n => n.html)]))"
        "]))</script>"
    )
    style = (world.feeds / "style.css").read_text("utf-8")
    text = re.sub(
        r'<link rel="stylesheet"[^>]*>', lambda _: f"<style>{style}</style>", page_of(world, kind).read_text()
    )
    (tmp_path / "page.html").write_text(text.replace("</body>", f"{judge}</body>"), "utf-8")

    dom = chromium(
        tmp_path / "page.html", "--virtual-time-budget=20000", "--dump-dom", scheme=scheme, profile=tmp_path / "profile"
    )

    found = re.search(r'data-found="([^"]*)"', dom)
    assert found, "axe did not end"
    is_dark, passes, violations, incomplete = json.loads(html.unescape(found[1]))
    assert is_dark == (scheme == "dark")
    assert {"color-contrast", "heading-order", "html-has-lang", "link-name"} <= set(passes)
    assert [] == violations
    assert [] == incomplete


@pytest.mark.slow
def test_html_validate_says_nothing(world: World, tmp_path: Path) -> None:
    judge = node_module("html-validate") / "bin" / "html-validate.mjs"
    (tmp_path / "rules.json").write_text(json.dumps({"root": True, "extends": ["html-validate:recommended"]}), "utf-8")
    pages = [page_of(world, kind) for kind in KINDS]

    said = run(
        ["node", judge, "--config", tmp_path / "rules.json", "--formatter", "json", *pages],
        may_fail=True,
    )

    messages = [message for file in json.loads(said) for message in file["messages"]]
    assert [] == [(message["line"], message["ruleId"], message["message"]) for message in messages]
