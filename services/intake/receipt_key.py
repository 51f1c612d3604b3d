"""Intake's own key for receipts and sequence heads, and the newest certification of it that we hold.

Once certified, intake goes on signing when the certification has lapsed: the statement then carries the lapsed one, the
melding is accepted all the same, and who verifies the receipt is told that the certification does not cover its moment.
"""

from datetime import datetime

from libs.errors import StatementRefused, Unavailable
from libs.keystore import Keystore
from libs.statements import Root, SigningKey, Typ, verify
from libs.statements.envelope import kid_of
from libs.statements.payloads import Certification, decode, moment
from services.intake.store.contract import AddressStore, StoredCertification

KEY_NAME = "receipt"


class ReceiptKey:
    """The key as it stands; `renew` replaces the certification."""

    def __init__(self, public_key: bytes, keystore: Keystore, root: Root) -> None:
        self.public_key = public_key
        self.kid = kid_of(public_key)
        self._keystore = keystore
        self._root = root
        self._held: SigningKey | None = None
        self._certification: Certification | None = None

    @classmethod
    async def open(cls, keystore: Keystore, root: Root, store: AddressStore) -> "ReceiptKey":
        """The key, made if there was none, with the certification the store holds."""
        key = cls(await keystore.ensure_signing_key(KEY_NAME), keystore, root)
        await key.load(store)
        return key

    async def load(self, store: AddressStore) -> None:
        """The certification is the store's, if it holds one."""
        stored = await store.certification(self.kid)
        if stored is not None:
            self.renew(stored.certification)

    def renew(self, certification: str) -> StoredCertification:
        """From now on statements carry this certification. Raises StatementRefused unless it is one of this key."""
        said = decode(verify(certification, Typ.CERTIFICATION, self._root), Certification)
        if said.purpose != "receipt" or said.subject_kid != self.kid:
            raise StatementRefused("the certification is not one of intake's receipt key")
        self._held = SigningKey(self.public_key, self._sign, certification)
        self._certification = said
        return StoredCertification(self.kid, certification, moment(said.valid_to))

    def signing(self) -> SigningKey:
        """The key with its certification. Raises Unavailable when it was never certified."""
        if self._held is None:
            raise Unavailable("intake's receipt key is not certified yet; nothing was accepted", retry_after_seconds=5)
        return self._held

    @property
    def valid_to(self) -> str:
        """When the certification ends, as it says; "" when there is none."""
        return "" if self._certification is None else self._certification.valid_to

    def life_left(self, now: datetime) -> float:
        """How much of the certification's time is left: 1 when new, 0 or below when lapsed or never given."""
        if self._certification is None:
            return 0.0
        valid_from, valid_to = moment(self._certification.valid_from), moment(self._certification.valid_to)
        return (valid_to - now) / (valid_to - valid_from)

    async def _sign(self, message: bytes) -> bytes:
        return await self._keystore.sign(KEY_NAME, message)
