"""Known problems: what is broken for many at once, told before they ask, and the tickets about it."""
