"""The verbs of imports: hand one in, run what waits, decide on what is held, undo, set a source up."""

from adminops.imports.operations.deciding import (
    approve_import,
    ask_for_undo,
    cancel_import,
    forget_what_is_old,
    give_undo_up,
    is_large,
    undo_import,
)
from adminops.imports.operations.handing_in import begin_import, check_may_import, source_for, take_in, upload_export
from adminops.imports.operations.running import finish_here, give_up, run_import, settle_interrupted
from adminops.imports.operations.sources import add_source, change_source

__all__ = [
    "add_source",
    "approve_import",
    "ask_for_undo",
    "begin_import",
    "cancel_import",
    "change_source",
    "check_may_import",
    "finish_here",
    "forget_what_is_old",
    "give_undo_up",
    "give_up",
    "is_large",
    "run_import",
    "settle_interrupted",
    "source_for",
    "take_in",
    "undo_import",
    "upload_export",
]
