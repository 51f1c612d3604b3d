"""Stories over the whole system in real processes, through its public faces only."""
