"""Fixtures of the outbox's tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adminops.app import AdminOps
from tests.outbox.post import Post
from tests.services.mail import MailCatcher

OpenPost = Callable[..., Post]


@pytest.fixture
def open_post(app: AdminOps) -> Iterator[OpenPost]:
    """A function that opens a post office with settings of its own."""
    opened: list[Post] = []

    def open_one(**settings: Any) -> Post:
        opened.append(Post(app, **settings))
        return opened[-1]

    yield open_one
    for post in opened:
        post.close()


@pytest.fixture
def post(open_post: OpenPost, mail_server: MailCatcher) -> Post:
    """A post office that hands over to a real mail server."""
    return open_post(smtp_port=mail_server.port)
