-- What delivery keeps: sealed meldinger on their way to the nodes, and the nodes' proofs. Nothing here is plaintext of a
-- melding; receivers, times and padded sizes are readable. Nothing is deleted in this version.

CREATE TABLE intake_cursor (
  is_only boolean PRIMARY KEY DEFAULT true,
  position bigint NOT NULL,
  CONSTRAINT intake_cursor_has_one_row CHECK (is_only)
);
COMMENT ON TABLE intake_cursor IS 'One row. Moved in the transaction that registers what it passes.';
COMMENT ON COLUMN intake_cursor.position IS 'The last event of intake''s outbox that is registered here; 0 at first.';
INSERT INTO intake_cursor (position) VALUES (0);

CREATE TABLE melding (
  receiver text NOT NULL,
  epoch bigint NOT NULL,
  number bigint NOT NULL,
  position bigint NOT NULL,
  melding_id uuid NOT NULL,
  digest bytea NOT NULL,
  receipt text NOT NULL,
  traceparent text NOT NULL,
  salt bytea NOT NULL,
  registered_at timestamptz NOT NULL,
  copied_at timestamptz,
  retry_at timestamptz,
  reported_at timestamptz,
  audited_at timestamptz,
  PRIMARY KEY (receiver, epoch, number),
  CONSTRAINT melding_is_registered_once UNIQUE (melding_id),
  CONSTRAINT melding_digest_is_sha256 CHECK (octet_length(digest) = 32),
  CONSTRAINT melding_is_reported_after_it_is_copied CHECK (reported_at IS NULL OR copied_at IS NOT NULL)
);
CREATE UNIQUE INDEX melding_to_copy ON melding (position) WHERE copied_at IS NULL;
CREATE INDEX melding_to_report ON melding (position) WHERE copied_at IS NOT NULL AND reported_at IS NULL;
CREATE INDEX melding_to_audit ON melding (position) WHERE copied_at IS NOT NULL AND audited_at IS NULL;
COMMENT ON TABLE melding IS 'A melding that intake accepted. Registered without its bytes, then copied; never deleted.';
COMMENT ON COLUMN melding.receiver IS 'Tjeneste id of the receiver.';
COMMENT ON COLUMN melding.epoch IS 'Epoch of number, given by intake.';
COMMENT ON COLUMN melding.number IS 'Number of the receiver in epoch, given by intake: 1, 2, 3 ... without gaps.';
COMMENT ON COLUMN melding.position IS 'Position of its event in intake''s outbox.';
COMMENT ON COLUMN melding.melding_id IS 'UUIDv4 made by the sender.';
COMMENT ON COLUMN melding.digest IS '32 bytes: digest over the sealed melding and its address; recomputed here before copied_at is set.';
COMMENT ON COLUMN melding.receipt IS 'Intake''s receipt (JWS compact), byte for byte.';
COMMENT ON COLUMN melding.traceparent IS 'W3C traceparent of the trace that began at intake; empty when nothing is traced.';
COMMENT ON COLUMN melding.salt IS '32 random bytes that hide the copying in its commitment in the event log.';
COMMENT ON COLUMN melding.registered_at IS 'When delivery first heard of it, by delivery''s clock.';
COMMENT ON COLUMN melding.copied_at IS 'When all its parts were committed here. NULL while intake alone holds them.';
COMMENT ON COLUMN melding.retry_at IS 'Copying failed; not tried again before this. The head is offered all the same, so that the node knows of it. NULL when it never failed.';
COMMENT ON COLUMN melding.reported_at IS 'When intake knew of the copy. NULL before.';
COMMENT ON COLUMN melding.audited_at IS 'When the commitment to the copying was durable at audit. NULL before.';

CREATE TABLE part (
  melding_id uuid NOT NULL REFERENCES melding (melding_id),
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
COMMENT ON TABLE part IS 'A sealed part of a melding, in order. Made with the melding, filled when it is copied.';
COMMENT ON COLUMN part.part_index IS 'From 0.';
COMMENT ON COLUMN part.purpose IS 'What the part is for, e.g. case.';
COMMENT ON COLUMN part.key_id IS 'Key id of the certificate it is sealed to.';
COMMENT ON COLUMN part.sha256 IS '32 bytes: SHA-256 over the sealed bytes.';
COMMENT ON COLUMN part.size_bytes IS 'Length of the sealed bytes.';
COMMENT ON COLUMN part.sealed IS 'Ciphertext as the sender made it. NULL until copied. Not compressed, so that stretches can be read.';

CREATE TABLE sequence_head (
  receiver text PRIMARY KEY,
  position bigint NOT NULL,
  statement text NOT NULL
);
COMMENT ON TABLE sequence_head IS 'The newest sequence head of each receiver, replaced by newer ones.';
COMMENT ON COLUMN sequence_head.receiver IS 'Tjeneste id.';
COMMENT ON COLUMN sequence_head.position IS 'Position of its event in intake''s outbox.';
COMMENT ON COLUMN sequence_head.statement IS 'Signed by intake (JWS compact).';

CREATE TABLE proof (
  melding_id uuid NOT NULL REFERENCES melding (melding_id),
  kind text NOT NULL,
  statement text NOT NULL,
  salt bytea NOT NULL,
  recorded_at timestamptz NOT NULL,
  forward_at timestamptz,
  audited_at timestamptz,
  PRIMARY KEY (melding_id, kind),
  CONSTRAINT proof_kind_is_known CHECK (kind IN ('stored', 'acknowledged', 'confirmed', 'opened'))
);
CREATE INDEX proof_to_forward ON proof (forward_at, melding_id, kind) WHERE forward_at IS NOT NULL;
CREATE INDEX proof_to_audit ON proof (recorded_at, melding_id, kind) WHERE audited_at IS NULL;
COMMENT ON TABLE proof IS 'A node''s verified proof; the first of its kind counts. Never deleted.';
COMMENT ON COLUMN proof.kind IS 'What it proves.';
COMMENT ON COLUMN proof.statement IS 'Signed by the node (JWS compact), byte for byte.';
COMMENT ON COLUMN proof.salt IS '32 random bytes that hide it in its commitment in the event log.';
COMMENT ON COLUMN proof.recorded_at IS 'When delivery recorded it, by delivery''s clock.';
COMMENT ON COLUMN proof.forward_at IS 'When to give it to intake (again). NULL once intake has it.';
COMMENT ON COLUMN proof.audited_at IS 'When its commitment was durable at audit. NULL before.';

CREATE TABLE lease (
  receiver text PRIMARY KEY,
  token uuid NOT NULL,
  taken_at timestamptz NOT NULL
);
COMMENT ON TABLE lease IS 'Which stream serves a receiver: the newest. An older one finds another token here and ends.';
COMMENT ON COLUMN lease.receiver IS 'Tjeneste id.';
COMMENT ON COLUMN lease.token IS 'Drawn by the stream that took it.';
COMMENT ON COLUMN lease.taken_at IS 'By delivery''s clock.';

CREATE TABLE snapshot (
  is_only boolean PRIMARY KEY DEFAULT true,
  version bigint NOT NULL,
  statement text NOT NULL,
  CONSTRAINT snapshot_has_one_row CHECK (is_only)
);
COMMENT ON TABLE snapshot IS 'The newest directory snapshot, so that proofs can be verified while the directory is away.';
COMMENT ON COLUMN snapshot.version IS 'The directory''s version.';
COMMENT ON COLUMN snapshot.statement IS 'Signed by the directory (JWS compact).';

GRANT SELECT, UPDATE ON intake_cursor TO delivery;
GRANT SELECT, INSERT, UPDATE ON melding, part, sequence_head, proof, lease, snapshot TO delivery;
