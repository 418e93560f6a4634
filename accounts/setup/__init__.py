"""The sheet by which an account is set up in the HMIS: what to enter, screen by screen, ticked off with evidence."""
