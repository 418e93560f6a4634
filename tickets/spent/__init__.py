"""Time spent: how long who worked on a ticket, and at what. Nobody has to say."""
