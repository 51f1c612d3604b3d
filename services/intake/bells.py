"""What intake's parts ring for each other, inside one process."""

from dataclasses import dataclass, field

from libs.loops.bell import Bell


@dataclass(frozen=True, slots=True)
class Bells:
    """Hints only: every listener also looks into the store by itself."""

    accepted: Bell = field(default_factory=Bell)
    """The outbox has grown."""
    progressed: Bell = field(default_factory=Bell)
    """Delivery or a node has said something of a melding."""
    addresses: Bell = field(default_factory=Bell)
    """Somebody missed a label, a snapshot or a proof key, or there is a new snapshot."""
