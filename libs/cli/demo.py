"""The tjenester of the demo: real places, made-up services, each marked as a demo. No phone number is invented."""

from dataclasses import dataclass

WHOLE_KOMMUNE = "00"


@dataclass(frozen=True)
class DemoTjeneste:
    """One barnevernstjeneste and the delivery node that serves it."""

    tjeneste_id: str
    navn: str
    places: tuple[tuple[str, str], ...]
    """Kommunenummer and bydelsnummer ("00": the whole kommune)."""
    is_hosted: bool
    """Another operator runs its node."""
    user: str
    """The caseworker that the stand-in login knows."""

    @property
    def node(self) -> str:
        """The name of its process."""
        return f"node-{self.tjeneste_id}"

    @property
    def kommuner(self) -> list[str]:
        """Each once, in the order of the places."""
        return list(dict.fromkeys(kommune for kommune, _ in self.places))

    @property
    def bydeler(self) -> list[str]:
        """Empty when it serves whole kommuner."""
        return [bydel for _, bydel in self.places if bydel != WHOLE_KOMMUNE]


def _tjeneste(tjeneste_id: str, navn: str, places: list[tuple[str, str]], *, is_hosted: bool) -> DemoTjeneste:
    user = f"saksbehandler@{tjeneste_id}.example"
    return DemoTjeneste(tjeneste_id, f"{navn} (demo)", tuple(places), is_hosted, user)


DEMO_TJENESTER = (
    _tjeneste("bergen", "Bergen barneverntjeneste", [("4601", WHOLE_KOMMUNE)], is_hosted=False),
    _tjeneste(
        "indre-sogn",
        "Indre Sogn barneverntjeneste",
        [("4640", WHOLE_KOMMUNE), ("4642", WHOLE_KOMMUNE), ("4644", WHOLE_KOMMUNE)],
        is_hosted=True,
    ),
    _tjeneste("oslo-gamle-oslo", "Barneverntjenesten i bydel Gamle Oslo", [("0301", "01")], is_hosted=True),
    _tjeneste("oslo-grunerlokka", "Barneverntjenesten i bydel Grünerløkka", [("0301", "02")], is_hosted=True),
)
