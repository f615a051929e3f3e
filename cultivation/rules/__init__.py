"""Pure rules of cultivation: no Django, no clock, no database, no randomness."""
