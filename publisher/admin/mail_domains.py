"""Judges the DNS records of the senders' domains (SPF, DKIM, DMARC) as large mailbox providers do, in plain words.

Pure except for `ask_dns`, which makes all queries. Signing is the mail server's task.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import dns.exception
import dns.resolver

from publisher.model.errors import MailServerError

Ask = Callable[[str, str], list[str]]
"""Queries the DNS for a name and a kind of record, such as TXT, and returns the records. It returns an empty list if
there are none.

Raises:
    MailServerError: the DNS does not answer.
"""
SELECTORS = ("default", "dkim", "mail", "smtp", "google", "selector1", "selector2", "s1", "s2", "k1", "key1", "mx")
"""The usual names of DKIM keys. The DNS cannot list the names that a domain uses."""
LIFETIME_S = 10.0


class Level(StrEnum):
    """How serious a finding about a domain or a server is."""

    WELL = "well"
    HINT = "hint"
    FIX = "fix"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainFinding:
    """One finding about a domain or a server."""

    level: Level
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.level}: {self.where}: {self.what}"


def ask_dns(name: str, kind: str) -> list[str]:
    """Return the DNS records of a name, as texts."""
    try:
        answer = dns.resolver.resolve(name, kind, lifetime=LIFETIME_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise MailServerError("DNS", f"it does not answer about {name}: {error}") from error
    if kind == "TXT":
        return ["".join(part.decode("utf-8", "replace") for part in record.strings) for record in answer]
    return [record.to_text() for record in answer]


def judge_domains(
    authors: Sequence[str], envelope: Sequence[str], *, selectors: Sequence[str], ask: Ask
) -> Iterator[DomainFinding]:
    """Yield findings about the domains in `From` headers, and about the domains of envelope senders, to which bounces
    are sent.
    """
    for domain in dict.fromkeys(envelope):
        yield from _judge_spf(domain, ask)
        yield from _judge_mailbox(domain, ask)
    for domain in dict.fromkeys(authors):
        yield from _judge_dkim(domain, selectors, ask)
        yield from _judge_dmarc(domain, ask)
        if not any(_is_aligned(domain, each) for each in envelope):
            what = f"failures are reported to {', '.join(envelope)}, so SPF says nothing for it; only DKIM does"
            yield DomainFinding(level=Level.HINT, where=domain, what=what)


def _judge_spf(domain: str, ask: Ask) -> Iterator[DomainFinding]:
    """Judge which machines may send for a domain (SPF, RFC 7208)."""
    where = f"SPF of {domain}"
    records = [text for text in ask(domain, "TXT") if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]
    if not records:
        what = f'there is none; add a TXT record at {domain}, such as "v=spf1 mx -all", that names your mail server'
        yield DomainFinding(level=Level.FIX, where=where, what=what)
    elif len(records) > 1:
        yield DomainFinding(level=Level.FIX, where=where, what="there are several, so none counts; join them into one")
    elif re.search(r"(^|\s)\+?all(\s|$)", records[0], re.IGNORECASE):
        what = "it lets everybody send as you; end it with -all or ~all"
        yield DomainFinding(level=Level.FIX, where=where, what=what)
    elif not re.search(r"[-~]all|redirect=", records[0], re.IGNORECASE):
        what = "it does not say what others may do; end it with -all or ~all"
        yield DomainFinding(level=Level.HINT, where=where, what=what)
    else:
        yield DomainFinding(level=Level.WELL, where=where, what=f"{records[0]}; see that it names your mail server")


def _judge_mailbox(domain: str, ask: Ask) -> Iterator[DomainFinding]:
    if not (ask(domain, "MX") or ask(domain, "A") or ask(domain, "AAAA")):
        what = "no mail server takes mail for it, so no failure can be reported and many refuse such senders"
        yield DomainFinding(level=Level.FIX, where=domain, what=what)


def _judge_dkim(domain: str, selectors: Sequence[str], ask: Ask) -> Iterator[DomainFinding]:
    """Judge the public keys that the DNS has for signatures of a domain's mails (DKIM, RFC 6376)."""
    found = {each: texts for each in selectors if (texts := ask(f"{each}._domainkey.{domain}", "TXT"))}
    where = f"DKIM of {domain}"
    for selector, texts in found.items():
        if re.search(r"(^|;)\s*p=\s*(;|$)", texts[0]):
            what = f"the key {selector!r} is withdrawn, so what is signed with it is not trusted"
            yield DomainFinding(level=Level.HINT, where=where, what=what)
        else:
            what = f"there is a key {selector!r}; see that your mail server signs with it"
            yield DomainFinding(level=Level.WELL, where=where, what=what)
    if not found:
        what = (
            f"no key under {', '.join(selectors)}; ask who runs the mail server for its selector, and try again with "
            "--dkim SELECTOR"
        )
        yield DomainFinding(level=Level.HINT, where=where, what=what)


def _judge_dmarc(domain: str, ask: Ask) -> Iterator[DomainFinding]:
    """Judge what a domain asks receivers to do with mail that neither SPF nor DKIM confirms (DMARC, RFC 7489). Parent
    domains are queried too.
    """
    where = f"DMARC of {domain}"
    labels = domain.split(".")
    names = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    found = next((each for name in names for each in ask(f"_dmarc.{name}", "TXT") if _is_dmarc(each)), None)
    if found is None:
        what = (
            f"there is none, and Gmail, Yahoo and Microsoft require one from senders of many mails; add a TXT record "
            f'at _dmarc.{domain}, such as "v=DMARC1; p=none"'
        )
        yield DomainFinding(level=Level.FIX, where=where, what=what)
    elif re.search(r"p\s*=\s*none", found, re.IGNORECASE):
        what = f"{found}; others may send as you, until it says p=quarantine or p=reject"
        yield DomainFinding(level=Level.HINT, where=where, what=what)
    else:
        yield DomainFinding(level=Level.WELL, where=where, what=found)


def _is_dmarc(text: str) -> bool:
    return text.strip().lower().startswith("v=dmarc1")


def _is_aligned(author: str, envelope: str) -> bool:
    """Whether one domain is equal to the other or a subdomain of it, which is nearly DMARC's relaxed alignment."""
    return author == envelope or author.endswith(f".{envelope}") or envelope.endswith(f".{author}")
