"""Who someone is and may do: agencies, users, roles, permissions, sessions and sign-in."""
