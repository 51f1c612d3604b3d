"""A keystore that forgets: for tests, and for a simulation's processes."""

from libs.keystore.held import HeldKeystore, PrivateKey


class MemoryKeystore(HeldKeystore):
    """Keys in memory alone."""

    def __init__(self) -> None:
        self._keys: dict[str, PrivateKey] = {}

    def _find(self, label: str) -> PrivateKey | None:
        return self._keys.get(label)

    def _keep(self, label: str, key: PrivateKey) -> PrivateKey:
        return self._keys.setdefault(label, key)
