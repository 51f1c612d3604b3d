-- What intake holds of others so that it accepts while all of them are away: signed statements, each verified before it
-- is written and again when it is read into memory.

CREATE TABLE directory_snapshot (
  is_only boolean PRIMARY KEY DEFAULT true,
  version bigint NOT NULL,
  snapshot text NOT NULL,
  fetched_at timestamptz NOT NULL,
  CONSTRAINT directory_snapshot_has_one_row CHECK (is_only)
);
COMMENT ON TABLE directory_snapshot IS 'The newest public snapshot of the directory; replaced by a newer one.';
COMMENT ON COLUMN directory_snapshot.version IS 'The version the snapshot states.';
COMMENT ON COLUMN directory_snapshot.snapshot IS 'The statement (JWS compact).';
COMMENT ON COLUMN directory_snapshot.fetched_at IS 'When it was written, by our clock.';

CREATE TABLE address_label (
  kommunenummer text NOT NULL,
  bydelsnummer text NOT NULL,
  label text NOT NULL,
  directory_version bigint NOT NULL,
  fetched_at timestamptz NOT NULL,
  PRIMARY KEY (kommunenummer, bydelsnummer)
);
COMMENT ON TABLE address_label IS 'The newest label of each connected place, for senders while routing is away. Replaced by a newer one; deleted when a whole listing of routing has none for the place.';
COMMENT ON COLUMN address_label.kommunenummer IS 'Four digits of today.';
COMMENT ON COLUMN address_label.bydelsnummer IS 'Two digits, 00 for the whole kommune.';
COMMENT ON COLUMN address_label.label IS 'The statement (JWS compact).';
COMMENT ON COLUMN address_label.directory_version IS 'Version of the directory that the label states.';
COMMENT ON COLUMN address_label.fetched_at IS 'When it was written, by our clock.';

CREATE TABLE receipt_certification (
  kid text PRIMARY KEY,
  certification text NOT NULL,
  valid_to timestamptz NOT NULL,
  fetched_at timestamptz NOT NULL
);
COMMENT ON TABLE receipt_certification IS 'The root''s newest word that a receipt key of ours may sign; replaced daily. One row for each key that intake ever signed with.';
COMMENT ON COLUMN receipt_certification.kid IS 'Key id (RFC 7638).';
COMMENT ON COLUMN receipt_certification.certification IS 'The statement (JWS compact).';
COMMENT ON COLUMN receipt_certification.valid_to IS 'When it ends.';
COMMENT ON COLUMN receipt_certification.fetched_at IS 'When it was written, by our clock.';

GRANT SELECT, INSERT, UPDATE ON directory_snapshot, receipt_certification TO intake;
GRANT SELECT, INSERT, UPDATE, DELETE ON address_label TO intake;
