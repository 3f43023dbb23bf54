"""The parts of a page of the editors' desk: the function that shows it, and what an editor can do there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from flask import Response

from publisher.config.config import Config
from publisher.model.errors import PublisherError

MAX_FORM_BYTES = 256 * 1024
"""The most bytes of a form. A form with an introduction and the titles of 200 items has a fifth of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The result of what an editor did with a button of a desk page."""

    said: str
    """One sentence about the result, in the visitor's language."""
    about: str = ""
    """What was changed, by its name in the record of editors' actions, such as `weekly-3`; empty for the thing that the
    page's path names.
    """
    where: str = ""
    """The path of the page to show next; empty for the page with the form."""
    at: str = ""
    """The id of the element to scroll to on the page that shows the result, such as `item-ab12cd34`; empty for the
    page's top.
    """
    answer: Response | None = None
    """The answer to the browser, such as a file, or `None` for a redirect to the page where the button is."""


class TypedError(PublisherError):
    """Error: something that an editor typed is wrong; the message says what to change, in the visitor's language."""

    def __init__(self, words: str, *, name: str = "") -> None:
        super().__init__(words)
        self.name = name
        """The name of the form's field."""


class RefusedError(PublisherError):
    """Error: what an editor wants to do is not possible; the message says why, in the visitor's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPage:
    """A page of the editors' desk (the website where editors decide). The package's docstring says how to write one."""

    name: str
    """The page's entry in the menu."""
    rule: str
    """The path of a desk page below `/-/desk/`."""
    show: Callable[..., Response]
    """Answers a GET with the page. It is called with the `Visit` and the arguments of the path."""
    acts: Mapping[str, Callable[..., Done]] = field(default_factory=lambda: MappingProxyType({}))
    """The functions that the page's buttons call, by the button's name. They are called with the same arguments as
    `show`.
    """
    state: Callable[..., str] = lambda *_, **__: ""
    """Returns a text that changes when what the page's forms are about changes. It is called with the same arguments as
    `show`.
    """
    is_in_menu: bool = True
    max_bytes: int = MAX_FORM_BYTES
    """The most bytes of a form of this page, files included."""
    is_there: Callable[[Config], bool] = lambda _: True
    """Whether a site with this configuration has the page."""
