"""People who leave: reported with day and time, closed at that moment, done when the HMIS is closed to them, too."""
