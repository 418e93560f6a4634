"""Cases at the vendor: what the maker of the HMIS has promised, and the tickets that wait for it."""
