"""Applies the Mailman settings of the how-to. `mailman shell --run` calls it inside Mailman's own Python."""

from typing import Any


def announce(mlist: Any) -> None:
    from mailman.interfaces.action import Action

    mlist.default_member_action = Action.reject
    mlist.default_nonmember_action = Action.reject
    mlist.accept_these_nonmembers = ["news@example.org"]
    mlist.max_message_size = 200
    mlist.subject_prefix = ""
    mlist.send_welcome_message = False


def default_size(mlist: Any) -> None:
    mlist.max_message_size = 40
