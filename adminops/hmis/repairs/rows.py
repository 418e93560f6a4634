"""Repairs of rows outside Enrollment.csv: totals of income, prioritization, names with their ids."""

# ruff: noqa: S608 - the names in these statements are of our tables and of the specification, never of the input

from adminops.hmis.codes import NoYes
from adminops.hmis.repairs.bench import MADE, Bench, untouched
from adminops.hmis.spec import current, snake_case

PLACED_ON_LIST = "1"
"""Of HUD's list 4.19.7."""
NAMED = ("Organization", "Project")


def add_up_income(bench: Bench, rule: str) -> None:
    """Fill in a missing TotalMonthlyIncome with the sum of the amounts of its sources.

    Amounts of sources that the row itself denies don't count. Nothing is filled in where the row says that there is
    no income, where no source has an amount, and where a source is said to be there without one: then the sum would
    be too small. A total that is there is never changed, whatever its sources amount to.

    Source: HMIS Data Standards FY2026, 4.02 Income and Sources (the total is the sum of the sources).
    """
    pairs = income_sources()
    denied, there = NoYes.NO.value, NoYes.YES.value
    total = " + ".join(
        f"CASE WHEN i.{said} = {denied} THEN 0 ELSE coalesce(i.{amount}, 0) END" for said, amount in pairs
    )
    some = " OR ".join(
        f"(i.{amount} IS NOT NULL AND coalesce(i.{said}, {there}) <> {denied})" for said, amount in pairs
    )
    unknown = " OR ".join(f"(i.{said} = {there} AND i.{amount} IS NULL)" for said, amount in pairs)
    bench.run(
        f"INSERT INTO {MADE} SELECT 'IncomeBenefits', t.id, t.income_benefits_id, 'TotalMonthlyIncome',"
        " CAST(t.cents / 100 AS TEXT) || '.' || substr(CAST(100 + t.cents % 100 AS TEXT), 2), :rule, NULL"
        f" FROM (SELECT i.id, i.income_benefits_id, {total} AS cents FROM hmis_income_benefits i"
        " WHERE i.source_id = :source AND i.removed_at IS NULL AND i.total_monthly_income IS NULL"
        f" AND coalesce(i.income_from_any_source, {there}) <> {denied} AND ({some})"
        f" AND NOT coalesce({unknown}, FALSE)) t"
        f" WHERE t.cents >= 0 AND {untouched('IncomeBenefits', 't.income_benefits_id')}",
        rule=rule,
    )


def income_sources() -> list[tuple[str, str]]:
    """Return our columns for each source of income: whether it is there, and its amount."""
    columns = current().by_name["IncomeBenefits"].by_name
    amounts = [name for name, column in columns.items() if column.type == "money" and name.endswith("Amount")]
    asked = {"OtherIncomeAmount": "OtherIncomeSource"}
    return [(snake_case(asked.get(name, name.removesuffix("Amount"))), columns[name].attribute) for name in amounts]


def place_on_list(bench: Bench, rule: str) -> None:
    """Let every coordinated-entry assessment say that the client was placed on the prioritization list.

    For systems that place everybody whom they assess and don't send it.

    Source: HMIS Data Standards FY2026, 4.19.7 Prioritization Status (1 is placed on prioritization list).
    """
    bench.run(
        f"INSERT INTO {MADE} SELECT 'Assessment', a.id, a.assessment_id, 'PrioritizationStatus', '{PLACED_ON_LIST}',"
        " :rule, NULL FROM hmis_assessment a WHERE a.source_id = :source AND a.removed_at IS NULL"
        f" AND coalesce(a.prioritization_status, 0) <> {PLACED_ON_LIST}"
        f" AND {untouched('Assessment', 'a.assessment_id')}",
        rule=rule,
    )


def add_ids_to_names(bench: Bench, rule: str) -> None:
    """Put OrganizationID and ProjectID behind the names: "Harbor House (12)". A name that has it is left alone.

    For systems in which many programs have one name. A name that would become too long is cut before its id.
    """
    for name in NAMED:
        file = current().by_name[name]
        key, named = file.key_column.attribute, file.by_name[f"{name}Name"]
        tail = f"' (' || n.{key} || ')'"
        room = f"{named.max_length} - length({tail})"
        bench.run(
            f"INSERT INTO {MADE} SELECT '{name}', n.id, n.{key}, '{named.name}',"
            f" rtrim(substr(n.{named.attribute}, 1, {room})) || {tail}, :rule, NULL FROM {file.table} n"
            f" WHERE n.source_id = :source AND n.removed_at IS NULL AND n.{named.attribute} IS NOT NULL"
            f" AND (length(n.{named.attribute}) < length({tail}) OR substr(n.{named.attribute},"
            f" length(n.{named.attribute}) - length({tail}) + 1) <> {tail}) AND {untouched(name, f'n.{key}')}",
            rule=rule,
        )
