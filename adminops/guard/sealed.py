"""Every column of sealed values there is, for the rotation of keys: those of the store, and the texts held back."""

from adminops.guard.models import PiiIncident
from adminops.guard.operations import cell
from adminops.hmis import resealing
from adminops.hmis.resealing import SealedColumn

SEALED = (*resealing.SEALED, SealedColumn(PiiIncident, "sealed", ("id",), cell))
"""A test fails for one that is not here: a rotation would leave it behind."""
