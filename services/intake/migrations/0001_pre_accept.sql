-- What intake keeps. Nothing here is plaintext of a melding: sealed parts are ciphertext as received, everything else is
-- what the centre knows anyway (design: receiver, times, padded sizes, states). No table is encrypted by us.

CREATE TABLE receiver (
  receiver text PRIMARY KEY,
  epoch bigint NOT NULL,
  last_number bigint NOT NULL,
  head_signed_at timestamptz,
  CONSTRAINT receiver_counts_from_zero CHECK (epoch >= 1 AND last_number >= 0)
);
COMMENT ON TABLE receiver IS 'One row for each tjeneste that was ever addressed, made with its first melding, never deleted. Its counter is moved only in the transaction that accepts.';
COMMENT ON COLUMN receiver.receiver IS 'Tjeneste id, from a verified label.';
COMMENT ON COLUMN receiver.epoch IS 'Epoch of the numbering, from 1. Raised by an operator when the end of a numbering was lost with its disk.';
COMMENT ON COLUMN receiver.last_number IS 'Last number given in this epoch; 0 when none was.';
COMMENT ON COLUMN receiver.head_signed_at IS 'When the newest sequence head was put into the outbox. NULL before the first.';

CREATE TABLE outbox_counter (
  is_only boolean PRIMARY KEY DEFAULT true,
  last_position bigint NOT NULL,
  CONSTRAINT outbox_counter_has_one_row CHECK (is_only)
);
COMMENT ON TABLE outbox_counter IS 'One row. Whoever holds its lock numbers meldinger and events; all others wait. Hence no gaps, and no two accepting transactions that do not see each other.';
COMMENT ON COLUMN outbox_counter.last_position IS 'Position of the newest event; 0 when there is none.';
INSERT INTO outbox_counter (last_position) VALUES (0);

CREATE TABLE melding (
  melding_id uuid PRIMARY KEY,
  sender_scope text NOT NULL,
  idempotency_key text NOT NULL,
  digest bytea NOT NULL,
  receiver text NOT NULL REFERENCES receiver,
  epoch bigint NOT NULL,
  number bigint NOT NULL,
  reference text NOT NULL,
  received_at timestamptz NOT NULL,
  receipt text NOT NULL,
  traceparent text NOT NULL,
  lookup_id bytea,
  access_token_hash bytea,
  CONSTRAINT melding_key_is_used_once UNIQUE (sender_scope, idempotency_key),
  CONSTRAINT melding_number_is_given_once UNIQUE (receiver, epoch, number),
  CONSTRAINT melding_reference_is_given_once UNIQUE (reference),
  CONSTRAINT melding_digest_is_sha256 CHECK (octet_length(digest) = 32),
  CONSTRAINT melding_secret_is_whole CHECK (
    (lookup_id IS NULL AND access_token_hash IS NULL)
    OR (octet_length(lookup_id) = 16 AND octet_length(access_token_hash) = 32)
  )
) WITH (toast_tuple_target = 8160);
CREATE INDEX melding_by_lookup_id ON melding (lookup_id) WHERE lookup_id IS NOT NULL;
COMMENT ON TABLE melding IS 'An accepted melding. Written once, with its number and receipt, in the accepting transaction; never changed, and kept when its bytes are gone, so that a repeat gets the same receipt for ever.';
COMMENT ON COLUMN melding.melding_id IS 'UUIDv4 made by the sender.';
COMMENT ON COLUMN melding.sender_scope IS 'Who chose idempotency_key, e.g. portal.';
COMMENT ON COLUMN melding.idempotency_key IS 'The sender''s key: the same for each repeat of this melding.';
COMMENT ON COLUMN melding.digest IS '32 bytes: the digest over the sealed melding and its address, computed here.';
COMMENT ON COLUMN melding.receiver IS 'Tjeneste id.';
COMMENT ON COLUMN melding.epoch IS 'Epoch of number.';
COMMENT ON COLUMN melding.number IS 'Number of the receiver in epoch: 1, 2, 3 ... without gaps.';
COMMENT ON COLUMN melding.reference IS 'What people read out, with hyphens, e.g. SV-7K3M-9QXW-C.';
COMMENT ON COLUMN melding.received_at IS 'When the accepting transaction began, by intake''s clock, whole seconds; the law''s clocks run from it.';
COMMENT ON COLUMN melding.receipt IS 'The receipt statement (JWS compact), byte for byte as answered.';
COMMENT ON COLUMN melding.traceparent IS 'W3C traceparent of the trace that began at intake; empty when nothing is traced. No trace joins it to the sender''s.';
COMMENT ON COLUMN melding.lookup_id IS '16 bytes derived from the reporter''s secret. NULL when the sender gave none.';
COMMENT ON COLUMN melding.access_token_hash IS 'SHA-256 over the reporter''s access token. NULL exactly when lookup_id is.';

CREATE TABLE part (
  melding_id uuid NOT NULL REFERENCES melding,
  part_index smallint NOT NULL,
  purpose text NOT NULL,
  key_id text NOT NULL,
  sha256 bytea NOT NULL,
  size_bytes integer NOT NULL,
  sealed bytea,
  PRIMARY KEY (melding_id, part_index),
  CONSTRAINT part_is_whole CHECK (octet_length(sha256) = 32 AND (sealed IS NULL OR octet_length(sealed) = size_bytes))
);
ALTER TABLE part ALTER COLUMN sealed SET STORAGE EXTERNAL;
COMMENT ON TABLE part IS 'A sealed part, in the order it came. Written in the accepting transaction; the row stays when the bytes go.';
COMMENT ON COLUMN part.part_index IS 'From 0.';
COMMENT ON COLUMN part.purpose IS 'What the part is for, e.g. case.';
COMMENT ON COLUMN part.key_id IS 'Key id of the certificate it is sealed to.';
COMMENT ON COLUMN part.sha256 IS '32 bytes: SHA-256 over the sealed bytes.';
COMMENT ON COLUMN part.size_bytes IS 'Length of the sealed bytes, padded by the sender.';
COMMENT ON COLUMN part.sealed IS 'Ciphertext as received. NULL once delivery holds a copy and the node has proven that it stored it. Not compressed (ciphertext), so that stretches can be read.';

CREATE TABLE outbox (
  position bigint PRIMARY KEY,
  melding_id uuid UNIQUE REFERENCES melding,
  sequence_head text,
  salt bytea NOT NULL,
  CONSTRAINT outbox_is_one_event CHECK ((melding_id IS NULL) <> (sequence_head IS NULL)),
  CONSTRAINT outbox_salt_is_long CHECK (octet_length(salt) = 32)
);
COMMENT ON TABLE outbox IS 'What delivery and audit are told, in order. Written with what it tells, never changed.';
COMMENT ON COLUMN outbox.position IS '1, 2, 3 ... without gaps, over all receivers.';
COMMENT ON COLUMN outbox.melding_id IS 'The melding that was accepted. NULL for a sequence head.';
COMMENT ON COLUMN outbox.sequence_head IS 'A signed sequence head (JWS compact). NULL for a melding.';
COMMENT ON COLUMN outbox.salt IS '32 random bytes that hide this event in its commitment in the event log.';

CREATE TABLE progress (
  melding_id uuid PRIMARY KEY REFERENCES melding,
  copied_at timestamptz,
  stored_at timestamptz,
  erased_at timestamptz,
  CONSTRAINT progress_erases_only_what_others_hold CHECK (
    erased_at IS NULL OR (copied_at IS NOT NULL AND stored_at IS NOT NULL)
  )
);
CREATE INDEX progress_erasable ON progress (melding_id)
  WHERE copied_at IS NOT NULL AND stored_at IS NOT NULL AND erased_at IS NULL;
COMMENT ON TABLE progress IS 'Who else holds a melding''s bytes. Made with the first news of it, never deleted. No row: nobody but intake.';
COMMENT ON COLUMN progress.copied_at IS 'When delivery''s word that it committed a copy was recorded. NULL before.';
COMMENT ON COLUMN progress.stored_at IS 'When the node''s verified proof of kind stored was recorded. NULL before.';
COMMENT ON COLUMN progress.erased_at IS 'When intake''s own bytes were dropped. NULL while they are held.';

CREATE TABLE proof (
  melding_id uuid NOT NULL REFERENCES melding,
  kind text NOT NULL,
  proof text NOT NULL,
  proven_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (melding_id, kind),
  CONSTRAINT proof_kind_is_known CHECK (kind IN ('stored', 'acknowledged', 'confirmed', 'opened'))
);
COMMENT ON TABLE proof IS 'The first proof of each kind that a node gave for a melding, verified before it came here. Never changed.';
COMMENT ON COLUMN proof.proof IS 'JWS compact.';
COMMENT ON COLUMN proof.proven_at IS 'When, by the node''s clock, as the proof says.';
COMMENT ON COLUMN proof.recorded_at IS 'When, by intake''s clock, it was written here.';

CREATE TABLE cursor (
  name text PRIMARY KEY,
  position bigint NOT NULL
);
COMMENT ON TABLE cursor IS 'How far a loop has come in the outbox.';
COMMENT ON COLUMN cursor.name IS 'The loop, e.g. commitments.';
COMMENT ON COLUMN cursor.position IS 'The last position it has dealt with.';

GRANT SELECT, INSERT, UPDATE ON receiver, progress, cursor TO intake;
GRANT SELECT, UPDATE ON outbox_counter TO intake;
GRANT SELECT, INSERT ON melding, outbox, proof TO intake;
GRANT SELECT, INSERT ON part TO intake;
GRANT UPDATE (sealed) ON part TO intake;
