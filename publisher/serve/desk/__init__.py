"""The editors' desk, at `/-/desk` of the site: what goes out next, and every decision about it, in a browser.

The desk decides nothing itself: each act is a method of `Publisher` or a function of `publisher.admin`, as for the
commands. The desk adds a record of who did what, and when.

**To add a page** write a module with a `DeskPage` (`deskpage.py`) and name it in `pages.py`:

- `name` is its entry in the menu; the text of the entry is in `templates/desk/frame.html`.
- `rule` is its path below `/-/desk/`, with arguments as Flask writes them: `people/<int(max=2147483647):number>`.
- `show(visit, **arguments)` answers a GET and changes nothing. It returns `visit.page("desk/sources.html", …)`; the
  template extends `desk/frame.html`, and is given what `Visit.page` says. There is no page: `abort(404)`.
- `acts` are the actions of its buttons, by name. A form has method POST, `{{ form_fields() }}` of `desk/parts.html`, no
  action (or the path of its page, where an act leads to a place by `Done.at`), and a button `name="do"
  value="release"`, or `value="release:ferry"` for the source `ferry`; the latter part is `visit.argument`. An act is
  `act(visit, **arguments) -> Done`, with one sentence in the language of the visitor (`visit.gettext`,
  `visit.ngettext`) that says what came of it. It reads fields by `visit.field("reason")`.
- `state(visit, **arguments)` is a short text that changes when that changes which its forms are about. A form carries
  the state it was made from. Page without forms, or whose acts are harmless on any state: leave it out.

**Every POST goes through `dispatch.act_on`**: the session, the token of the form, its state, the record of who does
what, the act, and the answer, which leads to the page with the sentence. An act that finds something wrong with what
was typed raises `TypedError`, one that is not possible `RefusedError`, both in the language of the visitor. They,
`OutrunError` (somebody else was quicker) and any other `PublisherError`, which `refusals` puts into words, show the
page again with the reason, and what was typed is in `typed` of the template, so that nothing is lost. An act that must
not run on another state than the form's checks it under the lock, by `visit.decide`.

**Only the people in `desk.people` see a page**, except for the pages to sign in: every request must belong to a
session, and none from another machine is answered over plain HTTP (`transport.py`). A GET changes nothing.
"""
