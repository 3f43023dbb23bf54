"""WebSub (W3C 2018): tells the hub which feeds have changed; the hub fetches them and passes them on to its
subscribers.

WebSub has its own cursor in the item log. It follows the cursor of the feeds, and moves when the hub has accepted every
address. If the hub fails or the process crashes before that, the next pass tells the hub again, which is harmless. This
is the last step of a pass and has little time, so no reader, page or edition waits for it.
"""

import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any

from publisher import __version__
from publisher.model.feeds import ALL, FeedSettings
from publisher.model.problems import Problem
from publisher.model.site import Site
from publisher.model.themes import ThemeMap
from publisher.publish.open_feeds import worth_a_feed
from publisher.publish.plan import CONSUMER as FEEDS
from publisher.rendering import urls
from publisher.store import Store

CONSUMER = "hub"
"""The name of the hub's cursor (the log number up to which it was told). The cursor's settings contain the hub's
address.
"""
LIMIT_S = 10.0
"""How many seconds a pass waits for the hub, however many feeds have changed."""


def tell_hub(
    store: Store, settings: FeedSettings, site: Site, themes: ThemeMap, *, limit_s: float = LIMIT_S
) -> tuple[Problem, ...]:
    """Tell the configured hub which feeds have changed since the last time; return the problems.

    A new hub is told only of later changes, because it has no subscribers yet.
    """
    if not settings.hub:
        return ()
    cursor, published = store.log.cursor(CONSUMER), store.log.cursor(FEEDS).seq
    if cursor.settings.get(CONSUMER) == settings.hub and cursor.seq >= published:
        return ()
    if cursor.settings.get(CONSUMER) == settings.hub:
        topics = _topics(store, settings, site, themes, after=cursor.seq, upto=published)
        if problem := _tell_in_time(settings.hub, topics, limit_s=limit_s):
            what = f"{problem}; feeds are up to date all the same, and the next pass tells it again"
            return (Problem(where=f"hub {settings.hub}", what=what),)
    store.log.move_cursor(CONSUMER, expected=cursor.seq, seq=published, settings={CONSUMER: settings.hub})
    return ()


def _topics(store: Store, settings: FeedSettings, site: Site, themes: ThemeMap, *, after: int, upto: int) -> list[str]:
    """Return the addresses of the feeds that changes with log numbers in (after, upto] affect, as in each feed's `self`
    link. Former addresses are included.
    """
    touched = store.feeds.states(store.log.touched_feeds(after, upto)).values()
    states = [state for state in worth_a_feed(store, settings, touched) if state.is_open]
    current = dict.fromkeys(themes.current(urls.folder_of(state.feed)) for state in states)
    folders = [folder for slug in current for folder in (slug, *themes.former(slug))]
    return [urls.feed_url(folder, key, site) for folder in (*folders, ALL) for key in settings.formats]


def _tell_in_time(hub: str, topics: Sequence[str], *, limit_s: float) -> str:
    """Tell the hub that these feeds (`topics`) have changed; return the problem, or an empty string if the hub accepted
    every address.
    """
    problems: list[str] = []
    # In a thread, because a socket's timeout starts again with every byte that arrives.
    teller = threading.Thread(target=_tell, args=(hub, topics, problems, limit_s), daemon=True)
    teller.start()
    teller.join(limit_s)
    if teller.is_alive():
        return _late(topics, limit_s)
    return next(iter(problems), "")


def _late(topics: Sequence[str], limit_s: float) -> str:
    return f"it has not taken {len(topics)} addresses within {limit_s:g} s"


def _tell(hub: str, topics: Sequence[str], problems: list[str], limit_s: float) -> None:
    opener = urllib.request.build_opener(_NoRedirect)
    for topic in topics:
        form = urllib.parse.urlencode({"hub.mode": "publish", "hub.url": topic}).encode()
        headers = {"User-Agent": f"Publisher/{__version__}"}
        request = urllib.request.Request(hub, form, headers)  # noqa: S310  (config lets only http and https through)
        try:
            with opener.open(request, timeout=limit_s):
                continue
        except urllib.error.HTTPError as error:
            error.close()
            problems.append(f"it answered {error.code} {error.reason}")
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            # a hub that is silent all the time counts as late, whether the thread or its caller notices first
            problems.append(
                _late(topics, limit_s) if isinstance(reason, TimeoutError) else f"it cannot be reached: {reason}"
            )
        return


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Makes a redirect by the hub an error, because following it would turn the POST into a GET."""

    def redirect_request(self, *_arguments: Any) -> None:  # noqa: ANN401
        return None
