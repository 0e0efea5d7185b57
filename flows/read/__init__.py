"""Release → reader: queries, one letter on the screen, what releases there are."""
