"""What leaves AdminOps: written in the transaction that decides it, delivered after it."""
