"""What an editor typed into a form of an edition or of mails to subscribers: subject, introduction and titles.

All these fields and all buttons of a page are in one form, so that every button saves what was typed. For each field,
the form also has a hidden field `was-…` for its text when the form was shown. A field that still has that text changes
nothing, even if somebody else has saved another text meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from publisher.rendering.text import one_line
from publisher.serve.desk.deskpage import TypedError
from publisher.serve.desk.visit import Visit

LONGEST_SUBJECT = 300
LONGEST_TITLE = 1_000
LONGEST_INTRODUCTION = 10_000
TITLE = "title-"
"""The beginning of the name of a title's field, before the item's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedWords:
    """The new texts that an editor typed into a form and that are to be saved."""

    subject: str | None
    """The subject, or `None` if the form does not change it. The introduction is `None` in that case too."""
    introduction: str | None
    titles: Mapping[str, str]
    """New titles by the item's id. An empty title restores the source's title."""

    @property
    def count(self) -> int:
        """How many texts the form changes."""
        return len(self.titles) + sum(each is not None for each in (self.subject, self.introduction))


def typed_words(visit: Visit) -> TypedWords:
    """Return the texts that the form changes. Texts beside the pressed button are included even if they are unchanged.

    Raises:
        TypedError: a text is too long.
    """
    is_saving = visit.verb == "words"
    subject = one_line(visit.field("subject")) if is_saving or visit.is_changed("subject") else None
    introduction = visit.field("introduction").strip() if is_saving or visit.is_changed("introduction") else None
    if subject and len(subject) > LONGEST_SUBJECT:
        raise TypedError(visit.gettext("The subject is too long."), name="subject")
    if introduction and len(introduction) > LONGEST_INTRODUCTION:
        raise TypedError(visit.gettext("The introduction is too long."), name="introduction")
    own = f"{TITLE}{visit.argument}" if visit.verb == "retitle" else ""
    names = [name for name in visit.asked.form if name.startswith(TITLE)]
    titles = {
        name.removeprefix(TITLE): one_line(visit.field(name)) for name in names if visit.is_changed(name) or name == own
    }
    for item, title in titles.items():
        if len(title) > LONGEST_TITLE:
            raise TypedError(visit.gettext("The title is too long."), name=f"{TITLE}{item}")
    return TypedWords(subject=subject, introduction=introduction, titles=titles)


def with_saved(visit: Visit, said: str, words: TypedWords, *, told: int = 0) -> str:
    """Return the sentence `said` about what was done, with a sentence that what was typed is saved. `told` is how many
    of the saved texts `said` mentions already.
    """
    besides = visit.gettext("What you typed is saved, too.")
    return f"{said} {besides}" if words.count > told else said
