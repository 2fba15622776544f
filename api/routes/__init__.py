"""The only Flask: a route parses, makes one call and answers."""
