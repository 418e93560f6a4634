"""How much the long proofs prove: a fifth in each run of the suite, all of it when somebody asks for the whole."""

import os

WHOLE = os.environ.get("ADMINOPS_TEST_PROOFS") == "whole"
