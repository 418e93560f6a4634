"""Accounts of the machine: the first administrator, and those whose passphrase lies sealed for the worst day."""
