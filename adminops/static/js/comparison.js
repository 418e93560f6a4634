// Keys and counts of the comparison of two records.
