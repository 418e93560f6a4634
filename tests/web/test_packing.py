"""Pages leave packed, unless somebody else's page asked for them."""

import gzip

import brotli
import pytest

from adminops.app import AdminOps

PAGE = "/sign-in"
BROWSER = {"Accept-Encoding": "gzip, deflate, br", "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    ("said", "encoding"),
    [
        ({}, "br"),
        ({"Sec-Fetch-Site": "none"}, "br"),
        ({"Accept-Encoding": "gzip"}, "gzip"),
        ({"Accept-Encoding": "identity"}, None),
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({"Sec-Fetch-Site": "same-site"}, None),
        ({"Sec-Fetch-Site": ""}, None),
    ],
)
def test_a_page_is_packed_for_who_asked_for_it_themselves(
    sqlite_app: AdminOps, said: dict[str, str], encoding: str | None
) -> None:
    answer = sqlite_app.test_client().get(PAGE, headers=BROWSER | said)
    assert answer.headers.get("Content-Encoding") == encoding
    assert {"accept-encoding", "sec-fetch-site", "cookie"} <= {name.lower() for name in answer.vary}
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    unpacked = {"br": brotli.decompress, "gzip": gzip.decompress}.get(encoding or "", bytes)(answer.data)
    assert unpacked.endswith(b"</html>")
    assert (len(answer.data) < len(unpacked) / 2) == (encoding is not None)


@pytest.mark.parametrize("url", ["/healthz", "/api/v1/openapi.json"])
def test_what_is_no_page_is_sent_as_it_is(sqlite_app: AdminOps, url: str) -> None:
    assert "Content-Encoding" not in sqlite_app.test_client().get(url, headers=BROWSER).headers
