"""Insights: how many requests came and went in a period, how long answers and solutions took, what people said.

Numbers are counted from the tickets themselves. Days that are over are also kept as books, so that a year costs no
more than a month; a book that a later change made wrong is passed over, and written anew within a minute.
"""
