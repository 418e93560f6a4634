"""Private services for the tests: a PostgreSQL, an LDAP directory, a mail server, a web server and a browser.

Each one is the real thing, started by the tests themselves on loopback, as a user that is not root, with all its
files in a private temporary folder, and stopped again. `plugin.py` offers them as fixtures.
"""
