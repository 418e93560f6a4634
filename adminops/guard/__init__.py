"""The guard of free texts: what the detectors find, whom the store knows, what becomes of a text that is stopped."""
