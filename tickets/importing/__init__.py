"""Tickets from another desk: read a file, map its columns, try it, take it over, take it back."""
