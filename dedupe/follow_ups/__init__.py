"""What a merge leaves to do: stays of the two that overlap, or are one stay entered twice."""
