"""The tests: they mirror the tree; `services/` holds the private servers they run against."""
