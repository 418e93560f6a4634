"""Goals: the calendars and policies that administrators edit, and the clocks of tickets that are kept by them.

What is counted, and how, is in `tickets/clocks/`, which knows nothing of rows.
"""
