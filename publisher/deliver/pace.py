"""How fast mails go to the mail server, and over how many connections. Its replies speed up, slow down or stop sending.

A `Throttle` belongs to one process and is kept from one run of deliveries to the next. It is given the time in seconds
of a monotonic clock.
"""

from collections import deque

from publisher.deliver.answers import Sign
from publisher.deliver.greylist import Greylist
from publisher.model.settings import SmtpSettings

WAITS_S = (5.0, 15.0, 60.0, 120.0, 300.0, 600.0)
"""How many seconds no mail is sent after the server could not be used once, twice … in a row."""
PAUSES_S = (60.0, 120.0, 300.0, 600.0)
"""How many seconds no mail is sent after the server asked once, twice … for fewer mails."""
STOPPED_S = 3_600.0
"""How many seconds no mail is sent after the server refused all mail of this site."""
IN_A_ROW = 3
"""The number of bad replies of one meaning, without a good reply after the first, after which sending stops or slows
down.
"""
LATEST = 20
"""How many of the latest replies are examined: if half of them are suspicious, sending stops too."""
GOOD_MAILS = 200
"""The number of accepted mails after which one more connection is allowed and the gap between mails is halved."""
FIRST_GAP_S = 0.1
"""The first gap between mails, in seconds, if config.toml gives no limit and the server asks for fewer mails."""


class Throttle:
    """The speed at which one process sends: when it may send, and over how many connections."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._most = settings.connections
        self._least_gap_s = 1 / settings.per_second if settings.per_second else 0.0
        self._gap_s = self._least_gap_s
        self._next_s = 0.0
        self._paused_until_s = 0.0
        self._good = 0
        self._in_a_row = {Sign.BUSY: 0, Sign.THROTTLING: 0, Sign.OUR_FAULT: 0}
        self._last_fault = 0
        self._unreachable = 0
        self._pauses = 0
        self._latest: deque[bool] = deque(maxlen=LATEST)
        self.greylist = Greylist()
        self.may_pipeline = True
        """Whether the server handles PIPELINING correctly, as far as is known."""
        self.is_suspected = False
        """Whether the server refused so many mails by policy, since this run of sending began, that the policy must be
        against this site.
        """
        self.connections = self._most
        """How many connections are allowed now."""
        self.problem = ""
        """Why nothing is sent now, or an empty string if sending goes on."""
        self.is_outage = False
        """Whether sending stopped because the server cannot be used, and not because it asks for less."""

    def paused_s(self, now_s: float) -> float:
        """Return for how many seconds from now nothing may be sent."""
        return max(0.0, self._paused_until_s - now_s)

    def take_turn(self, now_s: float) -> float:
        """Reserve the next turn to send a mail; return how many seconds to wait for it."""
        turn_s = max(now_s, self._next_s)
        self._next_s = turn_s + self._gap_s
        return turn_s - now_s

    # --- events ------------------------------------------------------------------------------------------------------

    def note(self, sign: Sign, words: str, *, about: int, now_s: float) -> None:
        """Adjust the speed of sending to what a reply says about the mail server. `about` is the id of the delivery to
        which the reply came, and `words` is the reply's text.
        """
        self._latest.append(sign is Sign.SUSPICIOUS)
        if len(self._latest) == LATEST and sum(self._latest) * 2 >= LATEST:
            self._stop(f"it refused half of the latest {LATEST} mails by its rules: {words}", now_s)
            self.is_suspected = True
        match sign:
            case Sign.WELL:
                self._note_good()
            case Sign.BUSY:
                self._good = 0
                self.connections = max(1, self.connections // 2)
            case Sign.THROTTLING:
                self._good = 0
                self._gap_s = max(2 * self._gap_s, FIRST_GAP_S)
            case _:
                pass
        # three refusals of one list's mail say nothing about the mails of others
        is_same_fault = sign is Sign.OUR_FAULT and about == self._last_fault
        if sign in self._in_a_row and not is_same_fault:
            self._last_fault = about
            self._in_a_row[sign] += 1
            if self._in_a_row[sign] >= IN_A_ROW:
                self._pause_for(sign, words, now_s)

    def note_open(self, connections: int) -> None:
        """Record that the mail server accepts this number of connections and no more."""
        self.connections = max(1, connections)

    def note_unreachable(self, words: str, *, is_ours: bool, now_s: float) -> None:
        """Record that no connection to the mail server could be opened, or that the login failed. `words` says why."""
        if is_ours:
            self._stop(words, now_s)
            return
        self._pause(words, WAITS_S[min(self._unreachable, len(WAITS_S) - 1)], now_s)
        self._unreachable += 1

    def _note_good(self) -> None:
        self._good += 1
        self._unreachable = self._pauses = 0
        self._in_a_row = dict.fromkeys(self._in_a_row, 0)
        if self._good % GOOD_MAILS == 0:
            self.connections = min(self._most, self.connections + 1)
            self._gap_s = max(self._least_gap_s, self._gap_s / 2 if self._gap_s > FIRST_GAP_S else 0.0)

    def _pause_for(self, sign: Sign, words: str, now_s: float) -> None:
        self._in_a_row[sign] = 0
        if sign is Sign.OUR_FAULT:
            self._stop(f"it takes no mail of ours, to any address: {words}", now_s)
        elif sign is Sign.BUSY:
            self.note_unreachable(f"it closes each connection: {words}", is_ours=False, now_s=now_s)
        else:
            pause_s = PAUSES_S[min(self._pauses, len(PAUSES_S) - 1)]
            self._pauses += 1
            self._pause(f"it asks us to send less: {words}", pause_s, now_s)
            self.is_outage = False

    def _stop(self, words: str, now_s: float) -> None:
        self._latest.clear()
        self._pause(words, STOPPED_S, now_s)

    def _pause(self, words: str, wait_s: float, now_s: float) -> None:
        self.problem, self.is_outage = words, True
        self._paused_until_s = now_s + wait_s
