"""`python -m migrations "What it adds"`: write a new migration from what the models have and the database has not."""

import sys

import wsgi
from migrations.run import write_revision

if len(sys.argv) != 2:
    sys.exit('Say what the migration adds: python -m migrations "Add a phone number to agencies"')
with wsgi.build_app().app_context():
    write_revision(sys.argv[1])
