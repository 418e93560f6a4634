"""The second step at sign-in: an authenticator app, and recovery codes for when it is lost."""
