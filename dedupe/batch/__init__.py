"""Several pairs of one kind on one page, each looked at and decided by itself."""
