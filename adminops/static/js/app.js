// The behaviour of every page. Pages work without it; it makes them quicker to use.
