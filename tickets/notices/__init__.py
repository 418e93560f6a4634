"""Notices: who is told of what happens to tickets, on which way, and when."""
