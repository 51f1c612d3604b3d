"""Which tjeneste receives for a place: pure rules over a directory snapshot. No clock, no I/O, no wire types."""
