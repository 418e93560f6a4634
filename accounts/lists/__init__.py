"""Lists of users that the HMIS vendor writes: who signed in when, who is there and not here, and who is to be added."""
