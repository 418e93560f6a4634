"""`./dev bench [name …]`: run the benches and print one line a figure, with its bar."""

import sys

from tests.bench import lookup, pages, store

BENCHES = {"lookup": lookup.run, "pages": pages.run, "store": store.run}


def main(names: list[str]) -> int:
    """Run the benches called `names` (all without); 1 when a figure misses its bar, 2 for an unknown name."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"There is no bench {', '.join(unknown)}. There are: {', '.join(BENCHES)}.")
        return 2
    missed = 0
    for name in names or list(BENCHES):
        for figure in BENCHES[name]():
            print(figure)
            missed += not figure.met
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
