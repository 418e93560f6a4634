"""Small HUD exports for tests: valid as they are, to be changed in the one place that a test is about."""

import csv
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from adminops.hmis.spec import ColumnSpec, Spec, current

WRITTEN = "2024-03-01 09:30:00"
DEFAULTS = {
    "ExportID": "E1",
    "UserID": "U1",
    "DateCreated": WRITTEN,
    "DateUpdated": WRITTEN,
    "OrganizationID": "O1",
    "ProjectID": "P1",
    "CoCCode": "FL-510",
    "Geocode": "120390",
    "PersonalID": "C1",
    "EnrollmentID": "S1",
    "HouseholdID": "H1",
    "AssessmentID": "A1",
    "DataCollectionStage": "1",
    "DisabilityType": "5",
    "RecordType": "200",
    "TypeProvided": "200",
    "RelationshipToHoH": "1",
    "ProjectType": "0",
    "CurrentLivingSituation": "116",
    "Destination": "410",
    "Funder": "8",
    "VictimServiceProvider": "0",
}
EXPORT = {
    "SourceType": "1",
    "SourceID": "FL-510",
    "SourceName": "Northeast HMIS",
    "ExportDate": "2024-04-01 06:00:00",
    "ExportStartDate": "2024-01-01",
    "ExportEndDate": "2024-03-31",
    "SoftwareName": "ClientTrack",
    "CSVVersion": "2026 v1.0",
    "ExportPeriodType": "3",
    "ExportDirective": "2",
    "HashStatus": "1",
    "ImplementationID": "NE-1",
}


def filled(column: ColumnSpec) -> str:
    """A valid value for a column that must not be blank."""
    if column.name in DEFAULTS:
        return DEFAULTS[column.name]
    if column.nullable:
        return ""
    return {"date": "2024-02-01", "datetime": WRITTEN, "int": "1", "money": "0.00"}.get(column.type, "x1")


class SmallExport:
    """The files of an export, row by row. `add` takes HUD's column names."""

    def __init__(self, spec: Spec | None = None) -> None:
        self.spec = spec or current()
        self.rows: dict[str, list[dict[str, str]]] = {file.name: [] for file in self.spec.files}
        self.raw: dict[str, bytes] = {}
        """Bytes of a file in place of its rows, by file name."""
        self.without: set[str] = set()
        """Names of files to leave out."""
        self.add("Export", **EXPORT)
        self.add("User", UserFirstName="Dana", UserLastName="Ruiz")
        self.add("Organization", OrganizationName="Harbor House")
        self.add("Project", ProjectName="Harbor Shelter", OperatingStartDate="2020-01-01")

    def add(self, file: str, **values: Any) -> "SmallExport":
        """Add a row; columns that must be filled are."""
        columns = self.spec.by_name[file].columns
        row = {column.name: filled(column) for column in columns}
        unknown = set(values) - set(row)
        assert not unknown, unknown
        self.rows[file].append({**row, **{name: str(value) for name, value in values.items()}})
        return self

    def add_client(self, key: str = "C1", **values: Any) -> "SmallExport":
        """Add a client."""
        person = {"FirstName": "Maria", "LastName": "Lopez", "SSN": "219450817", "DOB": "1985-05-17", "Sex": "0"}
        return self.add("Client", **{"PersonalID": key, **person, **values})

    def add_stay(self, key: str = "S1", client: str = "C1", **values: Any) -> "SmallExport":
        """Add an enrollment."""
        stay = {"EnrollmentID": key, "PersonalID": client, "EntryDate": "2024-02-01", "HouseholdID": f"H-{key}"}
        return self.add("Enrollment", **{**stay, **values})

    def change(self, file: str, number: int = 0, **values: Any) -> "SmallExport":
        """Change values of a row."""
        self.rows[file][number].update({name: str(value) for name, value in values.items()})
        return self

    def drop(self, file: str, number: int = 0) -> "SmallExport":
        """Leave a row out."""
        del self.rows[file][number]
        return self

    def csv(self, file: str, *, without: Iterable[str] = ()) -> str:
        """The text of a file, without some of its columns."""
        names = [column.name for column in self.spec.by_name[file].columns if column.name not in without]
        stream = io.StringIO()
        writer = csv.DictWriter(stream, names, extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(self.rows[file])
        return stream.getvalue()

    def files(self) -> dict[str, bytes]:
        """The bytes of all files by their names."""
        made = {file.file: self.csv(file.name).encode() for file in self.spec.files}
        return {name: content for name, content in {**made, **self.raw}.items() if name not in self.without}

    def folder(self, path: Path) -> Path:
        """Write the export as a folder."""
        path.mkdir(exist_ok=True)
        for name, content in self.files().items():
            (path / name).write_bytes(content)
        return path

    def zip(self, path: Path, *, inside: str = "") -> Path:
        """Write the export as a zip, in a folder `inside` of it if named."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files().items():
                archive.writestr(inside + name, content)
        return path


def whole_export() -> SmallExport:
    """An export with something in every file."""
    export = SmallExport().add_client().add_client("C2", FirstName="José", LastName="Núñez", SSN="xxxxx8123")
    export.add("ProjectCoC", ProjectCoCID="PC1").add("Funder", FunderID="F1", StartDate="2023-01-01", GrantID="G-1")
    export.add("Inventory", InventoryID="I1", InventoryStartDate="2023-01-01", BedInventory="12")
    export.add("Affiliation", AffiliationID="AF1", ResProjectID="P1")
    export.add("HMISParticipation", HMISParticipationID="HP1", HMISParticipationStatusStartDate="2020-01-01")
    export.add("CEParticipation", CEParticipationID="CP1", CEParticipationStatusStartDate="2020-01-01")
    export.add_stay().add_stay("S2", "C2")
    export.add("Exit", ExitID="X1", ExitDate="2024-03-10")
    export.add("IncomeBenefits", IncomeBenefitsID="IB1", TotalMonthlyIncome="1250.50", Earned="1")
    export.add("HealthAndDV", HealthAndDVID="HD1").add("EmploymentEducation", EmploymentEducationID="EE1")
    export.add("Disabilities", DisabilitiesID="D1", DisabilityResponse="1")
    export.add("YouthEducationStatus", YouthEducationStatusID="Y1")
    export.add("Services", ServicesID="SV1", DateProvided="2024-02-02")
    export.add("CurrentLivingSituation", CurrentLivingSitID="L1")
    export.add("Assessment", AssessmentID="A1").add("AssessmentQuestions", AssessmentQuestionID="AQ1")
    export.add("AssessmentResults", AssessmentResultID="AR1").add("Event", EventID="EV1")
    return export
