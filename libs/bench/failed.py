"""Why a measurement is not told."""


class BenchFailed(Exception):
    """Something was lost, doubled, refused, or not durable; the text says what. No figure may be believed then."""
