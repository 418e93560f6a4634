"""SCIM 2.0 (RFC 7643, RFC 7644): an agency's own identity provider says who joins and who leaves."""
