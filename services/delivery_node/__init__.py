"""The delivery node of one barnevernstjeneste: fetches, stores sealed, proves, opens for people, answers."""
