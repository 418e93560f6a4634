"""The stays of a person as the picture on the client's page draws them."""

from datetime import date

from adminops.hmis.clients import DRAWN, ClientPage, Stay
from adminops.web.charts import Span


def spans_of(page: ClientPage) -> list[Span]:
    """Return the newest stays by type of project, the type of the newest stay first."""
    drawn = [(stay, stay.entry_date) for stay in page.stays if stay.entry_date][:DRAWN]
    order = list(dict.fromkeys(stay.project_type_label for stay, _ in drawn))
    by_type = sorted(drawn, key=lambda each: order.index(each[0].project_type_label))
    return [_span(page, stay, start) for stay, start in by_type]


def _span(page: ClientPage, stay: Stay, start: date) -> Span:
    return Span(
        lane=stay.project_type_label or "Type not known",
        label=stay.project_name,
        start=start,
        end=stay.exit_date,
        moved_in=stay.move_in_date,
        days=stay.service_days,
        clashes=tuple((clash.first, clash.last) for clash in page.clashes.get(stay.id, ())),
    )
