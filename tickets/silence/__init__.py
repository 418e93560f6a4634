"""Silence: a ticket waits on its requester, who does not answer. Attempts to reach them, and when it may be closed."""
