"""Projects: a ticket that is larger than a ticket has an owner, a day, and parts that are tickets of their own."""
