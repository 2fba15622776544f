import pytest

from ui.auth import LoginSessions, LoginThrottle, Password, network_of

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
    for at in (0.0, 1.0, 2.0):
        assert throttle.seconds_to_wait("10.0.0.1", at) == 0
        throttle.fail("10.0.0.1", at)
    assert throttle.seconds_to_wait("10.0.0.1", 10.0) == 50.0
    assert throttle.seconds_to_wait("10.0.0.2", 10.0) == 0
    assert throttle.seconds_to_wait("10.0.0.1", 60.0) == 0


def test_everybody_waits_when_many_addresses_guess() -> None:
    throttle = LoginThrottle(per_address=3, in_total=10, window_seconds=60)
    for number in range(10):
        throttle.fail(f"10.0.0.{number}", 0.0)
    assert throttle.seconds_to_wait("10.1.1.1", 1.0) == 59.0
    assert throttle.seconds_to_wait("10.1.1.1", 61.0) == 0


def test_the_addresses_of_an_ipv6_network_are_one_client() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1")
    assert network_of("testclient") == "testclient"


def test_the_memory_of_the_throttle_is_bounded() -> None:
    throttle = LoginThrottle(per_address=2, in_total=20, max_addresses=50)
    for number in range(500):
        throttle.fail(f"10.0.{number // 250}.{number % 250}", float(number) / 100)
    assert len(throttle._failures) == 50
    assert len(throttle._total) == 20
