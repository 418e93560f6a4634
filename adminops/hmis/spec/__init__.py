"""HUD HMIS CSV specifications and their yearly changes, as data files, and what reads them."""

from adminops.hmis.spec.spec import (
    ColumnSpec,
    Conversion,
    FileSpec,
    ListRule,
    PickList,
    Spec,
    coc_codes,
    conversion_from,
    current,
    declared_year,
    snake_case,
    spec_of,
    specs,
    specs_in,
    usual_project_types,
)

__all__ = [
    "ColumnSpec",
    "Conversion",
    "FileSpec",
    "ListRule",
    "PickList",
    "Spec",
    "coc_codes",
    "conversion_from",
    "current",
    "declared_year",
    "snake_case",
    "spec_of",
    "specs",
    "specs_in",
    "usual_project_types",
]
