"""What the gateway takes in: sizes, times and numbers, each with its reason. README.md repeats them for senders."""

from libs.values import MAX_BODY_BYTES
from libs.web.admission import AdmissionLimits
from libs.web.body import BodyLimits

MELDING_BODY = BodyLimits(max_bytes=MAX_BODY_BYTES)
"""A whole melding, native or as a form: 5 000 000 bytes, 30 s in all, 5 s without a byte."""
SMALL_BODY = BodyLimits(max_bytes=16_384, total_seconds=10.0)
"""A status question or a chosen place."""

ADMISSION = AdmissionLimits()

SUBMIT_SECONDS = 20.0
"""Deadline towards intake: its commit takes milliseconds; later the sender is told to repeat with the same key."""
READ_SECONDS = 5.0
"""Deadline of a reading call."""
FRESHER_LABEL_SECONDS = 1.5
"""How long a stale label waits for a fresher one from routing; the stale one is good enough."""

MAX_PARTS = 8
MAX_ATTACHMENTS = 10
MAX_ATTACHMENT_BYTES = 3_500_000
"""All attachments of a form together. Sealed and in base64url they and the document stay below MAX_BODY_BYTES."""
MAX_DOCUMENT_BYTES = 150_000
"""The form's own text as JSON: some sixty pages."""
MAX_FORM_FIELDS = 600
MAX_FIELD_BYTES = 100_000
