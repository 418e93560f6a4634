"""Running the scan that waits."""

from dedupe.scanning import scan_store, waiting_scan


def run_waiting_scan() -> None:
    """Scan the store when somebody, or an import, asked for it."""
    scan = waiting_scan()
    if scan is not None:
        scan_store(scan)
