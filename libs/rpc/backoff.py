"""How long to wait before the next attempt: exponential with jitter, capped. tenacity's waits draw from the global
`random`, which cannot be handed in; these few lines can be replayed."""

from collections.abc import Iterator

from libs.world import Rng


def backoff(rng: Rng, base_seconds: float, cap_seconds: float) -> Iterator[float]:
    """Endless delays in seconds: between half and the whole of base, 2 base, 4 base ... cap."""
    ceiling = base_seconds
    while True:
        yield rng.uniform(ceiling / 2, ceiling)
        ceiling = min(ceiling * 2, cap_seconds)
