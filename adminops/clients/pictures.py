"""The stays of a person as the picture on the client's page draws them."""

from collections.abc import Sequence

from adminops.hmis.clients import DRAWN, ClientPage, Stay
from adminops.web.charts import Span


def spans_of(page: ClientPage) -> list[Span]:
    """Return the newest stays by type of project, the type of the newest stay first."""
    drawn = [stay for stay in page.stays if stay.entry_date][:DRAWN]
    order = list(dict.fromkeys(stay.project_type_label for stay in drawn))
    by_type = sorted(drawn, key=lambda stay: order.index(stay.project_type_label))
    return [span for stay in by_type for span in _spans(page, stay)]


def _spans(page: ClientPage, stay: Stay) -> Sequence[Span]:
    if stay.entry_date is None:
        return ()
    span = Span(
        lane=stay.project_type_label or "Type not known",
        label=stay.project_name,
        start=stay.entry_date,
        end=stay.exit_date,
        moved_in=stay.move_in_date,
        days=stay.service_days,
        clashes=tuple((clash.first, clash.last) for clash in page.clashes.get(stay.id, ())),
    )
    return (span,)
