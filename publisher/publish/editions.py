"""The editions on the web: a page for each, without anything about who got it, and a list for each audience.

What comes in: the numbers of editions that `plan_editions` found without a page. What goes out: their pages and the
lists. A crash leaves whole pages, and the audience's cursor where it was: the next pass writes them again.
"""

from collections.abc import Mapping, Sequence

from publisher.model.editions import Audience
from publisher.publish import edition_pages
from publisher.publish.files import Files, PublicFiles
from publisher.publish.page_values import Look
from publisher.publish.plan import Publication, PublishPlan, edition_cursor
from publisher.rendering import urls
from publisher.store import Store

LISTED_EDITIONS = 100
"""Each edition leads to the one before it, so the older ones are found, too."""


def publish_editions(
    numbers_of: Mapping[Audience, Sequence[int]], *, store: Store, publication: Publication, files: Files
) -> None:
    """Write the pages of these editions and then move the cursors: a crash in between repeats it.

    A mail leads to its edition's page, so the page is there first.

    Raises:
        FilesError: a file could not be written.
        TemplateError: a template cannot be used.
    """
    public = PublicFiles(files, removes_copies=True)
    for audience, numbers in numbers_of.items():
        _render(audience, numbers, store=store, files=public, look=Look.of(publication))
    public.commit()
    for audience, numbers in numbers_of.items():
        if numbers[-1] > (last := last_shown(store, audience)):
            store.log.move_cursor(edition_cursor(audience), expected=last, seq=numbers[-1], settings={})


def render_touched(planned: PublishPlan, *, store: Store, publication: Publication, files: PublicFiles) -> None:
    """Write again the pages of editions with items that were revised or withdrawn; of all in a full pass."""
    touched = [] if planned.is_full else store.editions.touched(planned.after, planned.upto)
    for audience in publication.audiences:
        last = last_shown(store, audience)
        numbers = [number for name, number in touched if name == audience.name and number <= last]
        if planned.is_full:
            numbers = list(range(1, last + 1))
        _render(audience, numbers, store=store, files=files, look=Look.of(publication))


def last_shown(store: Store, audience: Audience) -> int:
    """The number of the latest edition that has a page; 0: none has."""
    return store.log.cursor(edition_cursor(audience)).seq


def _render(audience: Audience, numbers: Sequence[int], *, store: Store, files: PublicFiles, look: Look) -> None:
    """Write the pages of these editions, and the list of all that have one.

    The list is there before the first edition is, so that the front page may lead to it from the start.
    """
    for number in numbers:
        edition = store.editions.get(audience.name, number)
        if edition is not None:
            page = edition_pages.edition_page(edition, audience, previous=number - 1 or None, look=look)
            files.write(urls.edition_file(audience.name, number), page)
    last = max(last_shown(store, audience), *numbers, 0)
    rows = store.editions.latest(audience.name, limit=LISTED_EDITIONS)
    listed = [(row.number, row.composed_at, row.items) for row in rows if row.items and row.number <= last]
    files.write(urls.editions_file(audience.name), edition_pages.editions_page(audience, listed, look=look))
