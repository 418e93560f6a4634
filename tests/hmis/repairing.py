"""What tests of repairs share: switching rules, reading what they made, and the source's rows as they lie there."""

import zipfile
from collections.abc import Callable
from csv import DictReader
from io import StringIO
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from adminops import clock
from adminops.db import db
from adminops.hmis.export import write_export
from adminops.hmis.models import FILE_MODELS, HmisSource, Repair, RepairException
from adminops.hmis.repairs import Outcome, recalculate
from adminops.hmis.spec import current
from tests.hmis.exports import SmallExport

Take = Callable[..., Any]
Made = dict[tuple[str, str, str], str]


def switch(source: HmisSource, *rules: str) -> Outcome:
    """Let exactly these rules be on."""
    source.repairs = list(rules)
    return refresh(source)


def refresh(source: HmisSource) -> Outcome:
    """Work the repairs out anew."""
    db.session.flush()
    outcome = recalculate(db.session.connection(), source.id, at=clock.now())
    db.session.expire_all()
    return outcome


def made(source: HmisSource) -> Made:
    """What is read otherwise: (file, key, column) → value."""
    db.session.expire_all()
    rows = db.session.scalars(select(Repair).where(Repair.source_id == source.id))
    return {(each.file, each.hud_key, each.column): each.value for each in rows}


def take_back(source: HmisSource, rule: str, file: str, key: str) -> None:
    """Take a rule back from one row, as a person would."""
    db.session.add(
        RepairException(source_id=source.id, rule=rule, file=file, hud_key=key, reason="Looked at", made_at=clock.now())
    )
    refresh(source)


def stored(source: HmisSource) -> dict[str, list[tuple[Any, ...]]]:
    """Every column of every row of the source's tables, as the database has them."""
    return {
        name: [
            tuple(row)
            for row in db.session.execute(
                text(f"SELECT * FROM {model.__tablename__} WHERE source_id = :source ORDER BY id"),
                {"source": source.id},
            )
        ]
        for name, model in FILE_MODELS.items()
    }


def written(source: HmisSource, folder: Path, **options: Any) -> dict[str, dict[str, dict[str, str]]]:
    """The rows of an export of the source, by file and key."""
    write_export(folder / "written.zip", source=source, **options)
    with zipfile.ZipFile(folder / "written.zip") as archive:
        return {
            file.name: {
                row[file.key]: {name: value for name, value in row.items() if name != "ExportID"}
                for row in DictReader(StringIO(archive.read(file.file).decode("utf-8"), newline=""))
            }
            for file in current().files
            if file.name != "Export"
        }


def household(*members: tuple[str, str, str], id_: str = "H1", **values: str) -> SmallExport:
    """An export with one household: (EnrollmentID, birth date or blank, RelationshipToHoH) for each member."""
    export = SmallExport()
    for key, dob, relationship in members:
        export.add_client(f"C-{key}", DOB=dob, DOBDataQuality="1" if dob else "99")
        export.add_stay(key, f"C-{key}", **{"HouseholdID": id_, "RelationshipToHoH": relationship, **values})
    return export


def faulty_export() -> SmallExport:
    """An export in which every rule finds something."""
    export = household(("S1", "1985-05-17", "2"), ("S2", "2012-01-01", "2"), EnrollmentCoC="fl 510")
    export.change("Enrollment", 0, EnrollmentCoC="fl 510", MoveInDate="2023-01-01")
    export.change("Enrollment", 1, EnrollmentCoC="")
    export.add("ProjectCoC", ProjectCoCID="PC1", CoCCode="FL-510")
    export.add("Project", ProjectID="P2", ProjectName="Night Shelter", ProjectType="1", OperatingStartDate="2020-01-01")
    export.add("Project", ProjectID="P4", ProjectName="Outreach", ProjectType="4", OperatingStartDate="2020-01-01")
    export.add("Project", ProjectID="P3", ProjectName="Bridge", ProjectType="2", OperatingStartDate="2020-01-01")
    for key, relationship, coc in (("S12", "1", "FL-510"), ("S13", "2", "")):
        export.add_client(f"C-{key}").add_stay(
            key, f"C-{key}", HouseholdID="H1", ProjectID="P3", RelationshipToHoH=relationship, EnrollmentCoC=coc
        )
    export.add_client("C9")
    export.add_stay("S9", "C9", HouseholdID="H1", ProjectID="P2", RelationshipToHoH="99")
    export.add_stay("S10", "C9", HouseholdID="", ProjectID="P4", RelationshipToHoH="99")
    export.add_stay("S11", "C9", HouseholdID="", EntryDate="2024-03-01", RelationshipToHoH="99")
    for night in (1, 2, 3):
        export.add_stay(f"N{night}", "C9", EntryDate=f"2023-02-0{night}")
        export.add(
            "Exit", ExitID=f"X{night}", EnrollmentID=f"N{night}", PersonalID="C9", ExitDate=f"2023-02-0{night + 1}"
        )
    export.add("Services", ServicesID="SV1", EnrollmentID="N2", PersonalID="C9", DateProvided="2023-02-02")
    export.add("CurrentLivingSituation", CurrentLivingSitID="L1", EnrollmentID="S1", PersonalID="C-S1")
    export.add(
        "IncomeBenefits", IncomeBenefitsID="IB1", EnrollmentID="S1", PersonalID="C-S1", IncomeFromAnySource="1",
        TotalMonthlyIncome="", Earned="1", EarnedAmount="1200.05", SSI="1", SSIAmount="19.99",
    )  # fmt: skip
    export.add("Assessment", AssessmentID="A1", PersonalID="C-S1", PrioritizationStatus="2")
    return export
