"""Checklists: the steps of a request type, ticked on a ticket. A step that begins with "!" must be done first."""
