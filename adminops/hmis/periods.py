"""By which dates the rows of each file belong to a period: what an export of a period holds and what it may remove."""

VALID_DURING = {
    "Funder": ("start_date", "end_date"),
    "Inventory": ("inventory_start_date", "inventory_end_date"),
    "HMISParticipation": ("hmis_participation_status_start_date", "hmis_participation_status_end_date"),
    "CEParticipation": ("ce_participation_status_start_date", "ce_participation_status_end_date"),
}
"""Files about projects whose rows hold from one date to another (without an end: until further notice)."""

OF_PROJECTS = ("ProjectCoC", "Affiliation")
"""Files about projects whose rows have no dates."""

DATED = {
    "Exit": "exit_date",
    "IncomeBenefits": "information_date",
    "HealthAndDV": "information_date",
    "EmploymentEducation": "information_date",
    "Disabilities": "information_date",
    "YouthEducationStatus": "information_date",
    "Services": "date_provided",
    "CurrentLivingSituation": "information_date",
    "Assessment": "assessment_date",
    "Event": "event_date",
}
"""Files about stays whose rows have one date."""

OF_ASSESSMENTS = ("AssessmentQuestions", "AssessmentResults")
"""Files whose rows have the date of their assessment."""
