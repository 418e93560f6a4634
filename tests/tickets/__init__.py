"""Tests of the help desk."""
