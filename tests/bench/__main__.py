"""`./dev bench [name …]`: run the benches and print one line a figure, with its bar."""

import sys

from tests.bench import (
    accounts,
    blocks,
    desk,
    duplicates,
    febrl,
    guard,
    lookup,
    mail,
    match,
    merge_desk,
    pages,
    peer,
    people,
    served,
    splink,
    store,
)

BENCHES = {"guard": guard.run, "lookup": lookup.run, "match": match.run, "pages": pages.run, "store": store.run}
LONG = {
    "accounts": accounts.run,
    "blocks": blocks.run,
    "desk": desk.run,
    "duplicates": duplicates.run,
    "febrl": febrl.run,
    "mail": mail.run,
    "match-large": match.run_large,
    "merge-desk": merge_desk.run,
    "peer": peer.run,
    "people": people.run,
    "served": served.run,
    "splink": splink.run,
    "store-large": store.run_large,
}
"""Benches that run only when they are named."""


def main(names: list[str]) -> int:
    """Run the benches called `names`, without names all but the long ones.

    Returns 1 when a figure misses its bar and 2 for an unknown name.
    """
    known = BENCHES | LONG
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no bench {', '.join(unknown)}. There are: {', '.join(known)}.")
        return 2
    missed = 0
    for name in names or list(BENCHES):
        for figure in known[name]():
            print(figure)
            missed += not figure.met
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
