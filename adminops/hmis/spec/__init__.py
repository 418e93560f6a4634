"""HUD HMIS CSV specifications and their yearly changes, as data files."""
