"""Looking one client up among a million, on both databases: by PersonalID, by SSN, by rare and common names.

The store is filled by statements of its own and not through the intake: invented names, some of which thousands bear
and most of which few do, with stays in 300 projects of 100 organizations of very different sizes.
"""

import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from itertools import islice, product
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import Connection, text

import wsgi
from adminops.app import create_app
from adminops.db import db, transaction
from adminops.demo.chance import Chance
from adminops.demo.names import ORIGINS, first_name, last_name
from adminops.hmis import sealing
from adminops.hmis.asking import understand
from adminops.hmis.models import HmisSource
from adminops.hmis.names import name_key
from adminops.hmis.scope import Scope
from adminops.hmis.search import find_by_ssn, find_clients
from adminops.hmis.sources import add_source, find_source
from adminops.settings import Settings
from migrations.run import upgrade_database
from tests.bench.figures import Figure
from tests.services import postgres

CLIENTS = int(os.environ.get("ADMINOPS_BENCH_CLIENTS", "1000000"))
VERBOSE = bool(os.environ.get("ADMINOPS_BENCH_VERBOSE"))
PROJECTS, ORGANIZATIONS = 300, 100
TIMES = 5
"""Each question is asked so often, and the quickest answer counts: the machine may be busy with other things."""
NAMES = {
    "rare name": ["Zabrodan, Maria", "Vekol", "Tumir, James", "Gandor Robert", "Sorivek", "Lomdar, Ana"],
    "common name": ["Smith", "Garcia", "Maria", "James Williams", "García, José", "Johnson, Mary", "Lisa Brown"],
    "beginning of a name": ["Ma", "Jo", "Smi", "Gar, M", "Wil, Ja", "Ro", "de la", "Br, L"],
    "nickname": ["Bob Smith", "Liz", "Garcia, Pepe", "Bill", "Williams, Peggy", "Al", "Kate Jones"],
    "name of six words": ["Ana Maria de la Cruz Lopez", "Mary Ann Jo van der Smith", "Juan Jose Luis Garcia y Perez"],
    "name and birth date": ["Smith 5/17/1985", "Maria 1970-01-01", "Garcia, Jose 3/2/1991"],
    "birth date": ["5/17/1985", "1970-01-01", "March 2, 1991"],
}
COMMON = [*NAMES["common name"], *NAMES["beginning of a name"], *NAMES["nickname"]]


def run() -> Iterator[Figure]:
    """Measure on SQLite, then on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        yield from measured("SQLite", Settings(home=Path(folder), environment="test", log_level="error"))
    server = postgres.launch()
    try:
        with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
            home = Path(folder)
            settings = Settings(home=home, environment="test", log_level="error", database_url=server.url())
            yield from measured("PostgreSQL", settings)
    finally:
        server.stop()


def measured(database: str, settings: Settings) -> Iterator[Figure]:
    """Fill a store and measure the look-ups in it."""
    with store(settings) as (numbers, scopes):
        chosen = random.Random(1).sample(range(len(numbers)), 60)
        asked: dict[str, tuple[Sequence[str], Callable[[str], Ask], float]] = {
            "client ID": ([f"C{place + 1}" for place in chosen], _name, 30),
            "SSN": ([numbers[place] for place in chosen], _ssn_of, 30),
        }
        asked.update({kind: (names, _name, 150) for kind, names in NAMES.items()})
        asked["third page of a common name"] = (COMMON, _third_page, 150)
        for title, scope in scopes.items():
            asked[f"all names, {title}"] = (COMMON, _name_in(scope), 150)
        for kind, (questions, look_up, bar) in asked.items():
            wall, cpu = _p95(questions, look_up)
            yield Figure(f"{database}, {kind}, 95th percentile", wall, "ms", bar)
            yield Figure(f"{database}, {kind}, CPU of the app", cpu, "ms")


Ask = Callable[[], object]
"""A question, ready to be asked."""


def _ssn_of(ssn: str) -> Ask:
    return lambda: find_by_ssn(ssn, scope=None)


def _name(words: str) -> Ask:
    return lambda: find_clients(understand(words), scope=None)


def _name_in(scope: Scope) -> Callable[[str], Ask]:
    return lambda words: lambda: find_clients(understand(words), scope=scope)


def _third_page(words: str) -> Ask:
    """Go through the first two pages, and return what shows the third."""
    after = None
    for _ in range(2):
        after = find_clients(understand(words), scope=None, after=after).after
    return lambda: find_clients(understand(words), scope=None, after=after)


def _p95(questions: Sequence[str], prepare: Callable[[str], Ask]) -> tuple[float, float]:
    """Return the 95th percentile of the time on the clock and of that on the processor, in milliseconds."""
    clock, cpu = [], []
    for question in questions:
        times = [timed(prepare(question)) for _ in range(TIMES)]
        clock.append(min(wall for wall, _ in times) * 1000)
        cpu.append(min(busy for _, busy in times) * 1000)
        if VERBOSE:
            print(f"    {clock[-1]:8.2f} ms {cpu[-1]:8.2f} ms  {question}")
    return _of_95(clock), _of_95(cpu)


def timed(ask: Ask) -> tuple[float, float]:
    """Return what asking costs: seconds on the clock, and on the processor."""
    db.session.expire_all()
    began, busy = perf_counter(), process_time()
    ask()
    return perf_counter() - began, process_time() - busy


def _of_95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[-1] if len(times) > 20 else max(times)


# ---- the store ------------------------------------------------------------------------------------------------------


@contextmanager
def store(settings: Settings) -> Iterator[tuple[list[str], dict[str, Scope]]]:
    """Open an app whose store is filled; give the SSN of each client in order, and what viewers may see, by who."""
    app = create_app(settings, wsgi.FEATURES)
    numbers = [_ssn(number) for number in range(CLIENTS)]
    with app.app_context():
        upgrade_database()
        source = find_source("bench") or _filled(numbers)
        with transaction(writes=False):
            yield numbers, _scopes(source.id)
        db.session.remove()
        db.engine.dispose()


def _filled(numbers: Sequence[str]) -> HmisSource:
    with transaction():
        source = add_source("bench")
    with db.engine.begin() as connection:
        _fill(connection, source.id, numbers)
        connection.execute(text("ANALYZE"))
    return source


def _scopes(source_id: int) -> dict[str, Scope]:
    def of(organization: int) -> frozenset[tuple[int, str]]:
        return frozenset(
            (source_id, f"P{number}") for number in range(PROJECTS) if number % ORGANIZATIONS == organization
        )

    shut_off = of(ORGANIZATIONS - 2)
    return {
        "for the largest agency": Scope(of(0), shut_off),
        "for the smallest agency": Scope(of(ORGANIZATIONS - 1), shut_off),
        "for the help desk": Scope(None, shut_off),
    }


def _fill(connection: Connection, source_id: int, numbers: Sequence[str]) -> None:
    agencies = ((source_id, f"O{number}", f"Agency {number}") for number in range(ORGANIZATIONS))
    programs = ((source_id, f"P{number}", f"O{number % ORGANIZATIONS}", 1) for number in range(PROJECTS))
    _insert(connection, "hmis_organization", "source_id organization_id organization_name", agencies)
    _insert(connection, "hmis_project", "source_id project_id organization_id project_type", programs)
    _insert(connection, "hmis_person", "id", ((number,) for number in range(1, CLIENTS + 1)))
    columns = "source_id personal_id first_name last_name first_key last_key dob ssn_index person_id"
    _insert(connection, "hmis_client", columns, _clients(source_id, numbers))
    columns = "source_id enrollment_id personal_id project_id entry_date household_id"
    _insert(connection, "hmis_enrollment", columns, _stays(source_id))


def _insert(connection: Connection, table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
    names = columns.split()
    marks = ", ".join(["?" if connection.dialect.name == "sqlite" else "%s"] * len(names))
    while portion := list(islice(rows, 20_000)):
        connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", portion)


def _clients(source_id: int, numbers: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    chance, draw = Chance("bench", 1), random.Random(1)
    pool = [_common_name(chance) for _ in range(40_000)]
    rare = ["".join(parts).capitalize() for parts in product(*_SYLLABLES)]
    first_day = date(1935, 1, 1)
    for number, ssn in enumerate(numbers):
        first, last = pool[draw.randrange(len(pool))][0], pool[draw.randrange(len(pool))][1]
        if draw.random() < 0.4:
            last = rare[int(len(rare) * draw.random() ** 2)]
        born = (first_day + timedelta(days=int(29_000 * draw.random()))).isoformat()
        keys = (_key(first), _key(last))
        yield (source_id, f"C{number + 1}", first, last, *keys, born, sealing.ssn_index(ssn), number + 1)


_key = cache(name_key)
_SYLLABLES = (
    ("ga", "zab", "vek", "tum", "lom", "sor", "mar", "bri", "dun", "kel", "ost", "fen", "hal", "wim", "cor", "pel"),
    ("ro", "na", "i", "do", "ve", "ku", "le", "mi", "an", "or", "e", "sta"),
    ("dan", "vek", "ski", "ton", "mir", "dar", "lin", "berg", "ez", "well", "ley", "ov"),
)


def _common_name(chance: Chance) -> tuple[str, str]:
    origin = chance.pick(ORIGINS)
    sex = int(chance.yes(0.6))
    return first_name(chance, origin, sex, date(1950 + 2 * chance.days(8, 25), 1, 1)), last_name(chance, origin)


def _stays(source_id: int) -> Iterator[tuple[Any, ...]]:
    draw = random.Random(2)
    sizes = [1 / (number % ORGANIZATIONS + 2) ** 1.5 for number in range(PROJECTS)]
    chosen = draw.choices(range(PROJECTS), sizes, k=CLIENTS * 8 // 5)
    for number, project in enumerate(chosen):
        client = number + 1 if number < CLIENTS else draw.randrange(CLIENTS) + 1
        entered = date(2015, 1, 1) + timedelta(days=draw.randrange(4000))
        yield (source_id, f"E{number}", f"C{client}", f"P{project}", entered.isoformat(), f"H{number}")


def _ssn(number: int) -> str:
    return f"{100 + number % 500:03}{1 + number // 500 % 99:02}{1 + number // 49_500:04}"
