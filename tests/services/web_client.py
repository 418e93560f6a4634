"""A plain request to a server under test, without redirects and without errors for answers that are none."""

import http.client
from urllib.parse import urlsplit


def fetch(url: str, *, data: bytes | None = None, cookie: str = "") -> tuple[int, dict[str, str], bytes]:
    """Fetch `url` (or send `data` as a form) and return status, headers and body."""
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    headers = {"Cookie": cookie} if cookie else {}
    if data is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        line.request("GET" if data is None else "POST", parts.path or "/", body=data, headers=headers)
        answer = line.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        line.close()
