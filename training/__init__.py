"""Training: courses, their dated classes with seats and a waiting list, attendance, and what people completed."""

from adminops.feature import Feature, NavItem, Panel, SearchProvider
from adminops.identity.permissions import Permission
from adminops.proofs import TRAINING
from adminops.refs import RefProvider
from training import refs
from training.demo import fill
from training.emails import MAILS
from training.figures import figures
from training.jobs import JOBS
from training.models import COURSE_TRANSITIONS, LEARNER_TRANSITIONS, OFFERING_TRANSITIONS
from training.queries import prove
from training.request_types import REQUEST_TYPES
from training.views import blueprint

feature = Feature(
    name="training",
    title="Training",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Training",
            icon="graduation-cap",
            endpoint="training.index",
            permission=Permission.TAKE_TRAINING,
            group="Learn",
            order=10,
            shell="both",
            key="l",
        ),
    ),
    jobs=JOBS,
    request_types=REQUEST_TYPES,
    search=(SearchProvider(kind="course", title="Courses", find=refs.find, permission=Permission.TAKE_TRAINING),),
    refs=(RefProvider("course", refs.resolve_courses), RefProvider("offering", refs.resolve_classes)),
    panels=(
        Panel(place="user", render=refs.person_card, order=30),
        Panel(place="requester", render=refs.person_card, order=20),
    ),
    mails=MAILS,
    proofs={TRAINING: prove},
    figures=figures,
    machines={
        "Course": COURSE_TRANSITIONS,
        "Class": OFFERING_TRANSITIONS,
        "Learner in a class": LEARNER_TRANSITIONS,
    },
    demo=fill,
)
