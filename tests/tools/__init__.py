"""Tests of the tools: `dev`, the lock files, the import contracts, and the tree itself."""
