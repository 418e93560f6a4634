"""The list on which an agency confirms, each quarter, who is still there and whether their role is right."""
