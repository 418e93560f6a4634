"""Webhooks: other programs are told what happens to tickets, by signed calls that hold ids and links alone."""
