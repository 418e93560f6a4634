"""The tables of the client-record store: HUD's 24 files, the sources, the import log, and the persons above them."""

from adminops.hmis.models.assessments import (
    Disabilities,
    EmploymentEducation,
    HealthAndDV,
    IncomeBenefits,
    YouthEducationStatus,
)
from adminops.hmis.models.clients import Client
from adminops.hmis.models.columns import SourceRow
from adminops.hmis.models.coordinated_entry import Assessment, AssessmentQuestions, AssessmentResults, Event
from adminops.hmis.models.enrollments import Enrollment, Exit
from adminops.hmis.models.exports import Export, HudUser
from adminops.hmis.models.organizations import Organization
from adminops.hmis.models.persons import (
    Merge,
    MergeChoice,
    MergeDecision,
    MergeStay,
    Person,
    PersonLink,
    StayMove,
    VendorState,
    Verdict,
)
from adminops.hmis.models.projects import (
    Affiliation,
    CEParticipation,
    Funder,
    HMISParticipation,
    Inventory,
    Project,
    ProjectCoC,
)
from adminops.hmis.models.repairs import LEFT_OUT, Repair, RepairException
from adminops.hmis.models.services import CurrentLivingSituation, Services
from adminops.hmis.models.sources import (
    HmisImport,
    HmisSource,
    ImportBefore,
    ImportProblem,
    ImportStatus,
    ImportWay,
    LocalNumber,
    RetiredValues,
    Unreadable,
)
from adminops.hmis.models.written import ExportOrder, OrderStatus

FILE_MODELS: dict[str, type[SourceRow]] = {
    "Export": Export,
    "Organization": Organization,
    "User": HudUser,
    "Project": Project,
    "Funder": Funder,
    "ProjectCoC": ProjectCoC,
    "Inventory": Inventory,
    "Affiliation": Affiliation,
    "HMISParticipation": HMISParticipation,
    "CEParticipation": CEParticipation,
    "Client": Client,
    "Enrollment": Enrollment,
    "Exit": Exit,
    "IncomeBenefits": IncomeBenefits,
    "HealthAndDV": HealthAndDV,
    "EmploymentEducation": EmploymentEducation,
    "Disabilities": Disabilities,
    "Services": Services,
    "CurrentLivingSituation": CurrentLivingSituation,
    "Assessment": Assessment,
    "AssessmentQuestions": AssessmentQuestions,
    "AssessmentResults": AssessmentResults,
    "Event": Event,
    "YouthEducationStatus": YouthEducationStatus,
}
"""The table of each of HUD's files, by HUD's name, in HUD's order."""

__all__ = [
    "FILE_MODELS",
    "LEFT_OUT",
    "Affiliation",
    "Assessment",
    "AssessmentQuestions",
    "AssessmentResults",
    "CEParticipation",
    "Client",
    "CurrentLivingSituation",
    "Disabilities",
    "EmploymentEducation",
    "Enrollment",
    "Event",
    "Exit",
    "Export",
    "ExportOrder",
    "Funder",
    "HMISParticipation",
    "HealthAndDV",
    "HmisImport",
    "HmisSource",
    "HudUser",
    "ImportBefore",
    "ImportProblem",
    "ImportStatus",
    "ImportWay",
    "IncomeBenefits",
    "Inventory",
    "LocalNumber",
    "Merge",
    "MergeChoice",
    "MergeDecision",
    "MergeStay",
    "OrderStatus",
    "Organization",
    "Person",
    "PersonLink",
    "Project",
    "ProjectCoC",
    "Repair",
    "RepairException",
    "RetiredValues",
    "Services",
    "SourceRow",
    "StayMove",
    "Unreadable",
    "VendorState",
    "Verdict",
    "YouthEducationStatus",
]
