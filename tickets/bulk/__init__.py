"""Changing many tickets at once: planned and shown first, then done by the verbs that change one, then undone."""
