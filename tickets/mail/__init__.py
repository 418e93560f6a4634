"""Mail to the help desk: kept first and sealed, then read, sorted and filed, each mail on its own."""
