"""Print the services that the tests would not find here, one a line: `postgres`, `slapd`, `browser`."""

from playwright.sync_api import sync_playwright

from tests.services.browser import find_chromium
from tests.services.directory import find_slapd
from tests.services.postgres import find_programs

with sync_playwright() as playwright:
    found = {"postgres": find_programs(), "slapd": find_slapd(), "browser": find_chromium(playwright)}
for service, program in found.items():
    if program is None:
        print(service)
