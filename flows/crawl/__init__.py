"""Site → archive: fetch politely, keep every answer, ask again conditionally."""
