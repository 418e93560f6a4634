"""What people may ask of the merge desk."""

from adminops.feature import FirstStep, RequestGroup, RequestType, WorkScreen
from adminops.identity.permissions import Permission
from dedupe import queries, refs
from dedupe.forms import RequestForm

REQUEST_TYPES = (
    RequestType(
        key="merge_clients",
        code="B1",
        title="A client is in twice",
        help="Tell us the two client IDs",
        icon="copy",
        group=RequestGroup.CLIENTS,
        order=30,
        audience=Permission.REQUEST_FOR_AGENCY,
        through_lead=True,
        form=lambda: RequestForm,
        approval="work",
        closing="evidence",
        evidence="Which ID stays and which is gone, and that the vendor's system has merged them",
        pii_rule="Client IDs only. Say “the older birth date is right”, never the date itself.",
        files=False,
        first=FirstStep(
            title="Is it really one person?",
            text=(
                "Look at both records first.",
                "They are very likely one person when two of name, SSN and birth date agree and the third fits.",
                "Twins share a last name and a birth date; a father and a son may share the whole name.",
                "Mend both records from the papers before you ask, so that they agree.",
                "There is no hurry: reports to HUD count a person once even while the record is in twice.",
            ),
            ways=(("Look the client up", "clients.index"),),
            go_on="It is one person: ask for the merge",
        ),
        checklist=(
            "At least two of name, SSN and birth date agree, and nothing contradicts.",
            "No other agency has locked one of the records.",
            "After the merge: overlapping and doubled enrollments are looked at.",
            "Tell the agencies that serve the person which ID stays; old scan cards no longer work.",
        ),
        manuals=("client is in twice",),
        work=WorkScreen(
            label="Compare the two records",
            icon="merge",
            permission=Permission.REVIEW_DUPLICATES,
            url=refs.work_url,
            is_left=queries.waits_for,
        ),
    ),
)
