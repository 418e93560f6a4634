"""The user agreement: its versions, who has signed which, and the links with which people sign who can't sign in."""
