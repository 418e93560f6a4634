"""The audit trail: every fact, one row, never changed; and its screens."""

from adminops.audit import subscribers
from adminops.facts import Fact
from adminops.feature import Feature

feature = Feature(name="audit", title="Audit", subscribers=((Fact, subscribers.keep),))
