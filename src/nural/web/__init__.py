"""The page: a server on loopback that shows a network read, learn and go back through itself. Needs the extra `app`."""
