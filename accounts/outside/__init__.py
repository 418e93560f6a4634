"""Signing in with an identity provider (OpenID Connect): an agency's own, or one of all agencies."""
