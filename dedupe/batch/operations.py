"""The verb of a page with several pairs: hold them for who looks at them."""

from collections.abc import Sequence

from adminops.facts import ClientViewed, publish
from adminops.identity.models import User
from dedupe import policies
from dedupe.claims import take
from dedupe.models import Pair


def review_batch(pairs: Sequence[Pair], *, by: User) -> list[Pair]:
    """Hold some pairs for the reviewer for 15 minutes, let go of others, and return those that nobody else holds.

    One with a client of victim services alone is not among them. Raises `NotAllowed`. Publishes `ClientViewed` for
    each record that was not held before.
    """
    policies.check_may_review(by)
    new = {pair.id for pair in pairs if not policies.is_claimed_by(pair, by)}
    taken = take(pairs, by)
    for client_id in (id_ for pair in taken if pair.id in new for id_ in (pair.low_client_id, pair.high_client_id)):
        publish(ClientViewed(client_id=client_id, agency_id=by.agency_id), by=by)
    return taken
