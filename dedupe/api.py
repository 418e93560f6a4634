"""What programs may ask about duplicates: whether a person is a client already."""

from datetime import date
from typing import Any

from adminops.api.routes import Answer, Asked, Route
from adminops.api.shapes import day, number, or_null, record, several, text, truth, word
from adminops.errors import Invalid
from adminops.identity.permissions import Permission
from adminops.identity.tokens import TokenScope
from dedupe.describing import reasons_of
from dedupe.lookup import Hit, Wanted, look_up_person, read_ssn

_REASON = record(
    "A reason",
    {
        "field": text("What was compared"),
        "says": text("How far it agrees; never a value"),
        "points": number("What it adds to the score", least=-1000, most=1000),
        "strength": word("Whether it speaks for or against", ("full", "part", "against")),
    },
)
_HIT = record(
    "A client",
    {
        "client": number("Its number in the store"),
        "personal_id": text("Its PersonalID"),
        "source": text("The source it is of"),
        "name": text("Its name", most=400),
        "birth_date": or_null(day("Its birth date")),
        "merged": truth("Whether it reads under another record of the same person"),
        "score": number("0 to 100; from 50 on the same person is likelier than not", least=0, most=100),
        "verdict": text("What the score means"),
        "reasons": several(_REASON, "Why, the strongest first"),
    },
)


def find_person(asked: Asked) -> Answer:
    """Return who may be the person that is asked for."""
    body = asked.body
    ssn = read_ssn(body.get("ssn", ""))
    if body.get("ssn") and not ssn:
        raise Invalid("An SSN has nine digits: 123-45-6789. Or give its last four.", field="ssn")
    dob = date.fromisoformat(body["birth_date"]) if "birth_date" in body else None
    wanted = Wanted(body.get("first_name", "").strip(), body.get("last_name", "").strip(), dob, ssn)
    found = look_up_person(wanted, by=asked.user)
    clients = [_told(hit) for hit in found.hits]
    return Answer({"clients": clients, "cut": found.is_cut, "may_be_elsewhere": found.of_some})


def _told(hit: Hit) -> dict[str, Any]:
    reasons = [{name: reason[name] for name in _REASON["properties"]} for reason in reasons_of(hit.scored)]
    return {
        "client": hit.client_id,
        "personal_id": hit.personal_id,
        "source": hit.source_name,
        "name": hit.name,
        "birth_date": hit.dob.isoformat() if hit.dob else None,
        "merged": hit.is_folded,
        "score": hit.scored.score,
        "verdict": hit.scored.band,
        "reasons": reasons,
    }


ROUTES = (
    Route(
        name="find_person",
        method="POST",
        path="/clients/lookup",
        summary="Ask whether a person is a client already",
        about="Two of the four have to be known; an initial is no name. An SSN needs the permission to look clients up "
        "by SSN. That somebody asked and who was found is kept on the audit trail, never who was asked for.",
        scope=TokenScope.LOOK_UP_CLIENTS,
        needs=Permission.READ_CLIENTS,
        run=find_person,
        looks_up=True,
        is_noted=True,
        body=record(
            "Who is asked for",
            {
                "first_name": text("First name", most=100),
                "last_name": text("Last name", most=100),
                "birth_date": day("Birth date"),
                "ssn": text("All nine digits, or the last four", most=20),
            },
            optional=("first_name", "last_name", "birth_date", "ssn"),
        ),
        answer=record(
            "Who may be this person",
            {
                "clients": several(_HIT, "The likeliest first, ten at most", most=10),
                "cut": truth("Whether more records than could be judged look a little like this"),
                "may_be_elsewhere": truth(
                    "Whether who is not found may be here all the same, with an agency whose clients the owner of the "
                    "token does not see: ask the help desk before you add them"
                ),
            },
        ),
    ),
)
