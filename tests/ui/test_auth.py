import pytest

from ui.auth import Attempt, LoginSessions, LoginThrottle, Password, network_of

SESAME = Password("sesame")


def test_only_the_password_matches() -> None:
    assert SESAME.matches("sesame")
    assert not any(map(SESAME.matches, ["", "Sesame", "sesame ", "sesam", "\udcff", "sésame"]))


def test_a_login_cookie_is_accepted_and_each_is_another() -> None:
    sessions = LoginSessions("secret", SESAME)
    first, second = sessions.create(), sessions.create()
    assert sessions.accepts(first)
    assert first != second


@pytest.mark.parametrize("cookie", [None, "", "login", "a.b.c", "\u00ff.b.c"])
def test_an_invented_cookie_is_not_accepted(cookie: str | None) -> None:
    assert not LoginSessions("secret", SESAME).accepts(cookie)


def test_a_changed_cookie_secret_or_password_is_not_accepted() -> None:
    cookie = LoginSessions("secret", SESAME).create()
    assert not LoginSessions("secret", SESAME).accepts(f"x{cookie}")
    assert not LoginSessions("other", SESAME).accepts(cookie)
    assert not LoginSessions("secret", Password("other")).accepts(cookie)


def test_a_revoked_cookie_is_not_accepted_and_others_are() -> None:
    sessions = LoginSessions("secret", SESAME)
    mine, theirs = sessions.create(), sessions.create()
    sessions.revoke(mine)
    sessions.revoke("invented")
    assert (sessions.accepts(mine), sessions.accepts(theirs)) == (False, True)


def test_an_old_cookie_is_not_accepted() -> None:
    cookie = LoginSessions("secret", SESAME).create()
    assert not LoginSessions("secret", SESAME, max_age_seconds=-1).accepts(cookie)


def test_an_address_waits_after_its_wrong_passwords() -> None:
    throttle = LoginThrottle(per_address=3, window_seconds=60)
    assert [throttle.attempt("10.0.0.1", at) for at in (0.0, 1.0, 2.0)] == [Attempt()] * 3
    assert throttle.attempt("10.0.0.1", 10.0) == Attempt(wait_seconds=50.0)
    assert throttle.attempt("10.0.0.2", 10.0) == Attempt()
    assert throttle.attempt("10.0.0.1", 60.0) == Attempt()


def test_a_right_password_is_not_counted() -> None:
    throttle = LoginThrottle(per_address=2)
    for at in range(20):
        assert throttle.attempt("10.0.0.1", float(at)) == Attempt()
        throttle.succeed("10.0.0.1")


def test_attempts_at_once_are_as_many_as_one_after_another() -> None:
    throttle = LoginThrottle(per_address=5)
    attempts = [throttle.attempt("10.0.0.1", 0.0) for _ in range(300)]
    assert sum(attempt.wait_seconds == 0 for attempt in attempts) == 5


def test_many_addresses_that_guess_slow_others_and_never_who_has_signed_in() -> None:
    throttle = LoginThrottle(per_address=3, in_total=10, window_seconds=60)
    throttle.attempt("10.2.2.2", 0.0)
    throttle.succeed("10.2.2.2")
    for number in range(10):
        throttle.attempt(f"10.0.0.{number}", 0.0)
    assert throttle.attempt("10.1.1.1", 1.0) == Attempt(pause_seconds=6.0)
    assert throttle.attempt("10.1.1.2", 1.0) == Attempt(pause_seconds=12.0)
    assert throttle.attempt("10.2.2.2", 1.0) == Attempt()
    assert throttle.attempt("10.1.1.3", 100.0) == Attempt()


def test_the_queue_of_slowed_attempts_is_bounded() -> None:
    throttle = LoginThrottle(in_total=10, window_seconds=60)
    attempts = [throttle.attempt(f"10.0.1.{number}", 0.0) for number in range(100)]
    assert sum(attempt.wait_seconds == 0 for attempt in attempts) == 13


def test_the_addresses_of_an_ipv6_network_are_one_client() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1")
    assert network_of("testclient") == "testclient"


def test_the_memory_of_the_throttle_is_bounded() -> None:
    throttle = LoginThrottle(per_address=2, in_total=20, max_addresses=50)
    for number in range(500):
        throttle.attempt(f"10.0.{number // 250}.{number % 250}", float(number))
    assert len(throttle._failures) == 50
    assert len(throttle._total) == 20
