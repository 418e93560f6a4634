"""The core of AdminOps: what every feature stands on. It imports no feature."""
