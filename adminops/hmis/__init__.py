"""The client-record store: HUD HMIS CSV data, its rules and what is read from it."""
