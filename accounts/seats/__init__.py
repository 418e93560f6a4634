"""Work beside the own place: seats at further agencies, roles for a time, and the move to another agency."""
