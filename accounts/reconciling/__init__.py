"""Comparing: what the directory has beside what it should have; what is wrong there is shown and put right."""
