"""Print the services that the tests would not find here, one a line: `postgres`, `slapd`, `browser`."""

from tests.services.browser import driver_starts, find_chromium
from tests.services.directory import find_slapd
from tests.services.postgres import find_programs

found = {"postgres": find_programs(), "slapd": find_slapd(), "browser": find_chromium() and driver_starts()}
for service, is_there in found.items():
    if not is_there:
        print(service)
