"""The editors' desk, at `/-/desk` of the site: what goes out next, and every decision about it, in a browser.

The desk decides nothing itself: each action is a method of `Publisher` or a function of `publisher.admin`, as for the
commands. The desk adds a record of who did what, and when.

**To add a page**, write a module with a `DeskPage` (`deskpage.py`) and name it in `pages.py`:

- `name` is its entry in the menu; the text of the entry is in `templates/desk/frame.html`.
- `rule` is its path below `/-/desk/`, with arguments as Flask writes them: `people/<int(max=2147483647):number>`.
- `show(visit, **arguments)` answers a GET and changes nothing. It returns `visit.page("desk/sources.html", …)`; the
  template extends `desk/frame.html`, and gets the values that `Visit.page` lists. If there is no such page, call
  `abort(404)`.
- `acts` are the actions of its buttons, by name. A form has method POST, `{{ form_fields() }}` of `desk/parts.html`, no
  `action` attribute (or the path of its page, if the result scrolls to a place by `Done.at`), and a button `name="do"
  value="release"`, or `value="release:ferry"` for the source `ferry`; the latter part is `visit.argument`. An action is
  a function `act(visit, **arguments) -> Done`. It reads fields by `visit.field("reason")`, and `Done` has one sentence
  about the result in the visitor's language (`visit.gettext`, `visit.ngettext`).
- `state(visit, **arguments)` is a short text that changes when the subject of the page's forms changes. A form contains
  the state for which it was made. Leave `state` out if the page has no forms, or if its actions do no harm in any
  state.

**Every POST goes through `dispatch.act_on`**: the session, the token of the form, its state, the record of who does
what, the action, and the answer, which redirects to the page with the sentence. An action raises `TypedError` if
something typed is wrong, and `RefusedError` if it is not possible, both with a message in the visitor's language. After
these errors, `OutrunError` (somebody else was quicker) and any other `PublisherError` (for which `refusals` has the
words), the page is shown again with the reason. The template's `typed` has what was typed, so that nothing is lost. An
action that must run only in the form's state checks the state under the lock, by `visit.decide`.

**Only the people in `desk.people` see a page**, except for the pages to sign in: every request must belong to a
session, and requests from other machines over plain HTTP are refused (`transport.py`). A GET changes nothing.
"""
