-- The two logs, append-only. Nothing here is secret: entries of the key log are public facts about keys, entries of the
-- event log are salted commitments or random padding, which nobody can tell apart, this database included.
-- Nothing is ever deleted or changed but the rows of pending_commitment and the counters of log.

CREATE TABLE log (
  name         text   PRIMARY KEY,
  size         bigint NOT NULL DEFAULT 0,
  signed_size  bigint NOT NULL DEFAULT 0,
  signing_size bigint,
  checkpoint   text,
  CONSTRAINT log_is_known CHECK (name IN ('keys', 'events')),
  CONSTRAINT signed_is_within_the_tree CHECK (0 <= signed_size AND signed_size <= size),
  CONSTRAINT signing_goes_forward CHECK (signed_size <= signing_size AND signing_size <= size),
  CONSTRAINT signed_has_a_checkpoint CHECK (signed_size = 0 OR checkpoint IS NOT NULL)
);
COMMENT ON TABLE log IS 'One row per log, there from the start. Its row lock orders all appends to that log.';
COMMENT ON COLUMN log.name IS '"keys" or "events".';
COMMENT ON COLUMN log.size IS 'Number of entries.';
COMMENT ON COLUMN log.signed_size IS 'Number of entries under the newest checkpoint; 0 before any entry was signed.';
COMMENT ON COLUMN log.signing_size IS
  'Size of the checkpoint that is being asked for, written before asking, so that after a crash the same is asked again: '
  'the signer may have signed it already and would refuse another. NULL when nothing is being asked for.';
COMMENT ON COLUMN log.checkpoint IS 'The newest C2SP signed note, as it came from the signer. NULL before the first.';

CREATE TABLE log_entry (
  log       text   NOT NULL REFERENCES log (name),
  index     bigint NOT NULL,
  entry     bytea  NOT NULL,
  leaf_hash bytea  NOT NULL,
  PRIMARY KEY (log, index),
  CONSTRAINT entry_stands_once UNIQUE (log, leaf_hash),
  CONSTRAINT index_counts_from_zero CHECK (index >= 0),
  CONSTRAINT entry_fits_a_bundle CHECK (octet_length(entry) <= 65535),
  CONSTRAINT leaf_hash_is_of_the_entry CHECK (leaf_hash = sha256('\x00'::bytea || entry))
);
COMMENT ON TABLE log_entry IS 'Every entry, for ever.';
COMMENT ON COLUMN log_entry.index IS 'Position in the log, from 0, without gaps.';
COMMENT ON COLUMN log_entry.entry IS 'keys: one line of JSON (libs/tlog/key_entry.py). events: 32 bytes. Not encrypted.';
COMMENT ON COLUMN log_entry.leaf_hash IS 'RFC 6962 leaf hash, 32 bytes.';

CREATE TABLE log_tile (
  log    text     NOT NULL REFERENCES log (name),
  level  smallint NOT NULL,
  index  bigint   NOT NULL,
  hashes bytea    NOT NULL,
  PRIMARY KEY (log, level, index),
  CONSTRAINT tile_is_named_as_in_c2sp CHECK (level BETWEEN 0 AND 63 AND index >= 0),
  CONSTRAINT tile_holds_whole_hashes CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0)
);
COMMENT ON TABLE log_tile IS
  'Tiles of the Merkle trees (C2SP tlog-tiles). The last tile of a level grows until it has 256 hashes; a partial tile is '
  'a beginning of its row. Follows from log_entry, and is written in the same transaction.';
COMMENT ON COLUMN log_tile.hashes IS '1 to 256 hashes of 32 bytes, in order.';

CREATE TABLE pending_commitment (
  commitment  bytea       PRIMARY KEY,
  received_at timestamptz NOT NULL,
  CONSTRAINT commitment_is_a_digest CHECK (octet_length(commitment) = 32)
);
COMMENT ON TABLE pending_commitment IS
  'Commitments that wait for the next batch of the event log. A row goes in the transaction that logs it, so that what is '
  'padding in the log is known nowhere afterwards.';
COMMENT ON COLUMN pending_commitment.commitment IS '32 bytes; says nothing without its salt, which audit never has.';
COMMENT ON COLUMN pending_commitment.received_at IS 'Our clock; the oldest go first.';

INSERT INTO log (name) VALUES ('keys'), ('events');

GRANT SELECT, UPDATE ON log TO audit;
GRANT SELECT, INSERT ON log_entry TO audit;
GRANT SELECT, INSERT, UPDATE ON log_tile TO audit;
GRANT SELECT, INSERT, DELETE ON pending_commitment TO audit;
