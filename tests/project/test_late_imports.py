"""Imports are at the top of a module, except at a few places (doors) that lead to what a pass without news does not
need.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOORS = {
    "app.py": {
        # Examine a source; show the status.
        "publisher.admin.discover",
        "publisher.admin.status",
        # Look after subscribers, and send mails: most sites have neither.
        "publisher.admin.subscribers_wiring",
        "publisher.admin.mail_wiring",
        "publisher.admin.deliveries",
    },
    "admin/stages.py": {"publisher.admin.subscribers_wiring", "publisher.compose.put_out"},
    # Tell the operator or an editor something.
    "admin/notices.py": {"publisher.admin.send_notices"},
    "admin/site_notices.py": {"publisher.admin.send_notices"},
    # Read bounces: importing it takes 40 ms, and bounces are rare.
    "admin/mail_wiring.py": {"publisher.admin.bounces"},
    # Show forms, write a letter, export and import people.
    "admin/subscribers_wiring.py": {
        "publisher.admin.reception",
        "publisher.rendering.letters",
        "publisher.subscribers.own_data",
        "publisher.subscribers.transfer",
    },
    # Send mails: importing asyncio and ssl takes 60 ms, and mails are seldom due.
    "admin/deliveries.py": {"publisher.deliver.run"},
    # Render a mail to a subscriber.
    "admin/round_mails.py": {
        "publisher.admin.round_digest",
        "publisher.rendering.letters",
        "publisher.rendering.personal",
    },
    # Render a site, or a digest.
    "admin/wiring.py": {
        "publisher.compose.digest",
        "publisher.rendering.templates",
        "publisher.publish.run",
        "publisher.publish.editions",
        "publisher.publish.websub",
        # Show the desk.
        "publisher.admin.desk",
        "publisher.publish.page_values",
        # Write a letter.
        "publisher.rendering.desk_letter",
    },
    # Choose the feeds to render.
    "publish/plan.py": {"publisher.publish.open_feeds"},
    # Fetch: httpx takes 0.1 s, which a source that reads a file does not need.
    "collect/sources/base.py": {"publisher.collect.sources.fetch"},
    # Read a feed that changed: feedparser takes 60 ms.
    "collect/sources/feed.py": {"feedparser"},
    # Render a mail as a test, which an option asks for: 0.1 s. Other modules of commands need no door, because they are
    # imported when their commands are invoked (`cli/group.py`).
    "cli/compose.py": {"publisher.admin.next_edition"},
    "cli/mails.py": {"publisher.admin.mail_trial"},
    # Ask for people, mails, the desk, or all tables: half of the store, which most sites leave empty. Feeds, hidden
    # items and editions that went out are needed to render, and the rest after a restore.
    "store/store.py": {
        "publisher.store.feeds",
        "publisher.store.hidden",
        "publisher.store.people",
        "publisher.store.mail",
        "publisher.store.desk",
        "publisher.store.settlement",
        "publisher.store.replay",
        "publisher.store.transfer",
        "publisher.store.departure_text",
    },
    # Write to the log; write anew which themes items have.
    "store/log.py": {"publisher.store.log_pass"},
    "store/items.py": {"publisher.store.retheme"},
    # Queue a mail.
    "store/editions.py": {"publisher.store.past_editions", "publisher.store.queue"},
    "store/notices.py": {"publisher.store.queue"},
    # Migrate a store: Alembic takes 0.3 s, once in a release.
    "store/upgrade.py": {"publisher.store.migrate"},
    # Draw bars: rich takes 0.1 s, and only a terminal shows them.
    "cli/progress.py": {"publisher.cli.bars"},
}
"""The modules that functions of a module (doors) import late, by the file of that module."""
OTHERS = {
    # no garbage is collected during imports
    "__main__.py": {"publisher.cli.commands"},
    # Record what changed: the HTML cleaner takes 53 ms and the grammar 36. Whether anything changed is known only here.
    "collect/run.py": {"publisher.collect.record", "publisher.collect.wake"},
    "collect/sources/listing.py": {"publisher.collect.sources.listing_grammar"},
    # Insert into PostgreSQL: its dialect takes 40 ms, which a site with SQLite does not need.
    "store/upsert.py": {"sqlalchemy.dialects"},
    # non-ASCII domains are rare, and every command checks addresses
    "rendering/addresses.py": {"idna"},
}
"""Further late imports, of modules that a pass without news must not load."""

INDENTED = re.compile(r"^[ \t]+(?:from|import)[ \t]|[:;][ \t]*(?:from|import)[ \t]", re.MULTILINE)
"""The form of an import that does not begin at the left edge. Prose may look like one."""


def late_imports(file: Path) -> Iterator[str]:
    """Yield the modules that functions of a file import."""
    text = file.read_text("utf-8")
    if not INDENTED.search(text):  # what parsing takes, eight of nine files need not
        return
    functions = [node for node in ast.walk(ast.parse(text)) if is_function(node)]
    for node in {inner for function in functions for inner in ast.walk(function)}:
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def test_imports_are_late_at_the_doors_only() -> None:
    package = ROOT / "publisher"
    found = {file.relative_to(package).as_posix(): {*late_imports(file)} for file in sorted(package.rglob("*.py"))}

    assert DOORS | OTHERS == {module: imported for module, imported in found.items() if imported}
