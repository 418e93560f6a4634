"""Queues: which request types stand in one line, and when a ticket that nobody touches goes back to it."""
