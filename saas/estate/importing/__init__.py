"""Reading the lists a firm already keeps. Pure: bytes and cells in, facts and issues out, no database."""
