import pytest

from tests.support.opened_page import OpenedPage

ADDRESS = 'https://img.example/cat.png?a=1&b="><script>'


async def test_an_image_of_another_site_has_a_document_of_its_own(page: OpenedPage) -> None:
    asked = {"page": page.user.client.id, "src": ADDRESS, "alt": "a <cat>"}
    shown = await page.user.http_client.get("/image", params=asked)
    assert shown.status_code == 200
    assert 'src="https://img.example/cat.png?a=1&amp;b=&quot;&gt;&lt;script&gt;" alt="a &lt;cat&gt;"' in shown.text
    policy = dict(rule.strip().partition(" ")[::2] for rule in shown.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["img-src"], policy["sandbox"]) == ("'none'", "http: https:", "")
    assert policy["frame-ancestors"] == "'self'"
    assert shown.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("src", ["", "javascript:alert(1)", "data:image/png;base64,x", "//img.example/x", "http://["])
async def test_what_is_no_address_of_an_image_has_none(page: OpenedPage, src: str) -> None:
    asked = {"page": page.user.client.id, "src": src}
    assert (await page.user.http_client.get("/image", params=asked)).status_code == 404


async def test_markup_that_does_not_know_an_open_page_loads_no_image(page: OpenedPage) -> None:
    for name in ("", "x", page.user.client.id[:-1]):
        assert (await page.user.http_client.get("/image", params={"page": name, "src": ADDRESS})).status_code == 404
