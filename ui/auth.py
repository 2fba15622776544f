"""Who may see the page: one password, a signed login cookie, and a limit on guessing; no HTTP."""

import hashlib
import hmac
import ipaddress
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, TimestampSigner

LOGIN_DAYS = 14


class Password:
    """The password of the page, compared in constant time."""

    def __init__(self, password: str) -> None:
        self.digest = _digest(password)

    def matches(self, guess: str) -> bool:
        """Say whether the guess is the password."""
        return hmac.compare_digest(_digest(guess), self.digest)


class LoginSessions:
    """Signs and checks login cookies; another secret or another password ends all of them."""

    MAX_REVOKED = 10_000

    def __init__(self, secret: str, password: Password, max_age_seconds: int = LOGIN_DAYS * 24 * 3600) -> None:
        self.max_age_seconds = max_age_seconds
        self._revoked: OrderedDict[str, None] = OrderedDict()
        self._signer = TimestampSigner(
            secret, salt=b"decant login " + password.digest, digest_method=hashlib.sha256, key_derivation="hmac"
        )

    def create(self) -> str:
        """Return the value of a new login cookie, unlike any other."""
        return self._signer.sign(secrets.token_urlsafe(12)).decode("ascii")

    def accepts(self, value: str | None) -> bool:
        """Say whether the cookie is one of ours and not too old."""
        if value is None or value in self._revoked:
            return False
        try:
            self._signer.unsign(value, max_age=self.max_age_seconds)
        except BadSignature:
            return False
        return True

    def revoke(self, value: str | None) -> None:
        """End a login session, also for whoever copied its cookie, as long as this process lives."""
        if value is not None and self.accepts(value):
            self._revoked[value] = None
            while len(self._revoked) > self.MAX_REVOKED:
                self._revoked.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whether a password may be tried: not before `wait_seconds`, or after a pause of `pause_seconds`."""

    wait_seconds: float = 0.0
    pause_seconds: float = 0.0


class LoginThrottle:
    """Limits wrong passwords per client address, and slows all of them when many addresses guess.

    An attempt counts as wrong from its beginning, so that many at once are as many as one after another; `succeed`
    takes it back. An address that has signed in is never slowed by others. It keeps a bounded number of addresses.
    """

    MAX_PAUSE_SECONDS = 20.0

    def __init__(
        self, *, per_address: int = 5, in_total: int = 100, window_seconds: float = 60.0, max_addresses: int = 2000
    ) -> None:
        self._max_addresses = max_addresses
        self._per_address = per_address
        self._in_total = in_total
        self._window_seconds = window_seconds
        self._total: list[float] = []
        self._next_turn = 0.0
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()

    def attempt(self, address: str, now_seconds: float) -> Attempt:
        """Count an attempt as wrong and say when it may be made; one that has to wait is not counted."""
        network = network_of(address)
        own = self._recent(self._failures.get(network, []), now_seconds)
        if len(own) >= self._per_address:
            return Attempt(wait_seconds=own[-self._per_address] + self._window_seconds - now_seconds)
        pause = 0.0 if network in self._known else self._pause(now_seconds)
        if pause > self.MAX_PAUSE_SECONDS:
            return Attempt(wait_seconds=pause)
        self._failures.pop(network, None)
        self._failures[network] = [*own, now_seconds]
        _bound(self._failures, self._max_addresses)
        self._total = [*self._recent(self._total, now_seconds), now_seconds][-self._in_total :]
        if pause:
            self._next_turn = now_seconds + pause
        return Attempt(pause_seconds=pause)

    def succeed(self, address: str) -> None:
        """Take back what was counted for the address: its password was right."""
        network = network_of(address)
        if counted := self._failures.pop(network, []):
            self._total = [at for at in self._total if at != counted[-1]]
        self._known.pop(network, None)
        self._known[network] = None
        _bound(self._known, self._max_addresses)

    def _pause(self, now_seconds: float) -> float:
        if len(self._recent(self._total, now_seconds)) < self._in_total:
            return 0.0
        return max(now_seconds, self._next_turn) + self._window_seconds / self._in_total - now_seconds

    def _recent(self, failures: list[float], now_seconds: float) -> list[float]:
        return [at for at in failures if now_seconds - at < self._window_seconds]


def _bound(kept: OrderedDict[str, Any], count: int) -> None:
    while len(kept) > count:
        kept.popitem(last=False)


def network_of(address: str) -> str:
    """Return what one client owns: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
