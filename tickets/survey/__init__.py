"""The survey: what people say once a request is resolved, by a link of its own and without signing in."""
