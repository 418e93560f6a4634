"""Tests of incoming mail."""
