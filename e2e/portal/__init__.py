"""People at the form, in a real browser."""
