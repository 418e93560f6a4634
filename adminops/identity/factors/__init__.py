"""The second step at sign-in: an authenticator app, security keys, and recovery codes for when these are lost."""
