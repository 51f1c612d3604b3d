-- What the directory knows: the tables of today's kommuner, their history, postal codes and bydeler; the tjenester,
-- dated; and the snapshots made of both. All of it is public or becomes so with the next snapshot; nothing is encrypted,
-- and nothing is about a person.

-- The tables. Written at the start of a program that carries other tables than those loaded, all rows at once.

CREATE TABLE kommune (
  nummer         text PRIMARY KEY,
  navn           text NOT NULL,
  navn_offisielt text NOT NULL,
  navn_alle      text[] NOT NULL,
  fylkesnummer   text NOT NULL,
  fylke          text NOT NULL,
  nettsted       text NOT NULL,
  CONSTRAINT nummer_has_four_digits CHECK (nummer ~ '^[0-9]{4}$'),
  CONSTRAINT norwegian_name_is_first CHECK (navn_alle[1] = navn)
);
COMMENT ON TABLE kommune IS 'Every kommune of today.';
COMMENT ON COLUMN kommune.navn IS 'The Norwegian name.';
COMMENT ON COLUMN kommune.navn_offisielt IS 'The names in all official languages, " - " between them, in the order decided.';
COMMENT ON COLUMN kommune.navn_alle IS 'The same names one by one, the Norwegian one first.';
COMMENT ON COLUMN kommune.nettsted IS 'Host name of the kommune''s web site, without a scheme.';

CREATE TABLE utgaatt_nummer (
  nummer      text PRIMARY KEY,
  navn        text NOT NULL,
  sluttdato   date NOT NULL,
  naavaerende text[] NOT NULL,
  CONSTRAINT nummer_has_four_digits CHECK (nummer ~ '^[0-9]{4}$'),
  CONSTRAINT area_lies_somewhere_today CHECK (cardinality(naavaerende) > 0)
);
COMMENT ON TABLE utgaatt_nummer IS 'Every number that ended since 2017: none of them is a kommune of today.';
COMMENT ON COLUMN utgaatt_nummer.navn IS 'The last name under this number.';
COMMENT ON COLUMN utgaatt_nummer.sluttdato IS 'The first day on which it was no longer valid.';
COMMENT ON COLUMN utgaatt_nummer.naavaerende IS 'Numbers of today that hold its area; several after a split.';

CREATE TABLE postnummer (
  nummer   text PRIMARY KEY,
  sted     text NOT NULL,
  kommuner text[] NOT NULL,
  kategori text NOT NULL,
  CONSTRAINT nummer_has_four_digits CHECK (nummer ~ '^[0-9]{4}$'),
  CONSTRAINT kategori_is_known CHECK (kategori IN ('', 'G', 'P', 'B', 'S'))
);
COMMENT ON TABLE postnummer IS 'Every postal code. It proposes a kommune and never decides.';
COMMENT ON COLUMN postnummer.kommuner IS 'Empty on Svalbard and Jan Mayen, which are no kommuner.';
COMMENT ON COLUMN postnummer.kategori IS 'G street, P post boxes only, B both, S service; empty: not known.';

CREATE TABLE bydel (
  kommune           text NOT NULL,
  nummer            text NOT NULL,
  navn              text NOT NULL,
  har_egen_tjeneste boolean NOT NULL,
  PRIMARY KEY (kommune, nummer),
  CONSTRAINT nummer_has_two_digits CHECK (nummer ~ '^[0-9]{2}$' AND nummer <> '00')
);
COMMENT ON TABLE bydel IS 'Bydeler by name. A tjeneste may serve one that does not stand here: kommuner decide their own.';
COMMENT ON COLUMN bydel.har_egen_tjeneste IS 'Whether it is known to have a barnevernstjeneste of its own.';

-- The tjenester. A row is never changed but to end it: the history of who served which place is kept for ever.

CREATE TABLE receiver_certificate (
  tjeneste_id text NOT NULL,
  key_id      text NOT NULL,
  purpose     text NOT NULL,
  der         bytea NOT NULL,
  log_index   bigint NOT NULL,
  added_at    timestamptz NOT NULL,
  PRIMARY KEY (tjeneste_id, key_id),
  CONSTRAINT certificate_is_of_one_tjeneste UNIQUE (key_id),
  CONSTRAINT purpose_is_known CHECK (purpose = 'case'),
  CONSTRAINT key_id_is_a_sha256 CHECK (key_id ~ '^[A-Za-z0-9_-]{43}$'),
  CONSTRAINT stands_in_the_key_log CHECK (log_index >= 0)
);
COMMENT ON TABLE receiver_certificate IS
  'Every certificate that anybody was ever told to seal to. A row is written only after the key log has its entry. Never '
  'changed or deleted.';
COMMENT ON COLUMN receiver_certificate.key_id IS 'base64url of SHA-256 over der (x5t#S256).';
COMMENT ON COLUMN receiver_certificate.der IS 'X.509 in DER, RSA of at least 3072 bits. Public.';
COMMENT ON COLUMN receiver_certificate.log_index IS 'Index of its entry in the key log, from 0.';
COMMENT ON COLUMN receiver_certificate.added_at IS 'Our clock.';

CREATE TABLE tjeneste (
  tjeneste_id      text NOT NULL,
  revision         integer NOT NULL,
  gyldig_fra       timestamptz NOT NULL,
  gyldig_til       timestamptz,
  navn             text NOT NULL,
  channel          text NOT NULL,
  case_key_id      text NOT NULL,
  proof_public_key bytea NOT NULL,
  telefon          text NOT NULL,
  is_demo          boolean NOT NULL,
  standard_bydel   text,
  PRIMARY KEY (tjeneste_id, revision),
  FOREIGN KEY (tjeneste_id, case_key_id) REFERENCES receiver_certificate (tjeneste_id, key_id),
  CONSTRAINT revision_counts_from_one CHECK (revision >= 1),
  CONSTRAINT channel_is_known CHECK (channel IN ('own_node', 'hosted_node')),
  CONSTRAINT proof_key_is_ed25519 CHECK (octet_length(proof_public_key) = 32),
  CONSTRAINT standard_bydel_has_two_digits CHECK (standard_bydel ~ '^[0-9]{2}$' AND standard_bydel <> '00')
);
CREATE UNIQUE INDEX tjeneste_has_one_valid_row ON tjeneste (tjeneste_id) WHERE gyldig_til IS NULL;
COMMENT ON TABLE tjeneste IS
  'One row for each state of a connected tjeneste. A change ends the valid row and begins the next revision.';
COMMENT ON COLUMN tjeneste.gyldig_fra IS 'When this state was stored; our clock.';
COMMENT ON COLUMN tjeneste.gyldig_til IS 'When the next one was; NULL while valid.';
COMMENT ON COLUMN tjeneste.channel IS 'How it is reached: "own_node" or "hosted_node".';
COMMENT ON COLUMN tjeneste.case_key_id IS 'The certificate that meldinger are sealed to.';
COMMENT ON COLUMN tjeneste.proof_public_key IS 'The node''s Ed25519 key for proofs, 32 bytes. Public.';
COMMENT ON COLUMN tjeneste.telefon IS 'As its owner checked it; empty: not known. Invented only where is_demo.';
COMMENT ON COLUMN tjeneste.standard_bydel IS 'The bydel used when a reporter does not know; NULL: the reporter must choose.';

CREATE TABLE tjeneste_place (
  tjeneste_id text NOT NULL,
  revision    integer NOT NULL,
  kommune     text NOT NULL,
  bydel       text NOT NULL,
  is_valid    boolean NOT NULL,
  PRIMARY KEY (tjeneste_id, revision, kommune, bydel),
  FOREIGN KEY (tjeneste_id, revision) REFERENCES tjeneste (tjeneste_id, revision)
);
CREATE UNIQUE INDEX place_has_one_tjeneste ON tjeneste_place (kommune, bydel) WHERE is_valid;
COMMENT ON TABLE tjeneste_place IS 'The places that a tjeneste serves in one of its states.';
COMMENT ON COLUMN tjeneste_place.kommune IS
  'A number of the day it was stored. Not a reference: a kommune may end while its tjeneste still stands here.';
COMMENT ON COLUMN tjeneste_place.bydel IS 'Two digits; "00" is the whole kommune, and then no bydel of it stands elsewhere.';
COMMENT ON COLUMN tjeneste_place.is_valid IS 'Whether its row of tjeneste is; ended together with it.';

-- What is published.

CREATE TABLE snapshot (
  version   bigint PRIMARY KEY,
  issued_at timestamptz NOT NULL,
  payload   bytea NOT NULL,
  statement text,
  CONSTRAINT version_counts_from_one CHECK (version >= 1)
);
COMMENT ON TABLE snapshot IS
  'What the directory said, version by version. Made in the transaction that changes anything, and once a day. The newest '
  'row is always whole; it is published when keys has signed it. A row is deleted when ten newer ones are signed, or when '
  'a newer one is made before it was signed: what was never signed may not be signed late.';
COMMENT ON COLUMN snapshot.version IS 'Grows; never used twice for different payloads.';
COMMENT ON COLUMN snapshot.issued_at IS 'Our clock; the same moment stands in the payload.';
COMMENT ON COLUMN snapshot.payload IS 'JSON of libs/statements Snapshot, the very bytes that are signed.';
COMMENT ON COLUMN snapshot.statement IS 'JWS compact, verified against the root. NULL until signed.';

CREATE TABLE directory_state (
  is_only       boolean PRIMARY KEY DEFAULT true,
  tables_sha256 bytea,
  last_version  bigint NOT NULL DEFAULT 0,
  CONSTRAINT there_is_one_row CHECK (is_only)
);
COMMENT ON TABLE directory_state IS 'One row, there from the start. Its row lock orders all changes.';
COMMENT ON COLUMN directory_state.tables_sha256 IS 'SHA-256 over the tables last loaded; NULL before the first load.';
COMMENT ON COLUMN directory_state.last_version IS 'The newest version of a snapshot, also when its row is gone.';
INSERT INTO directory_state DEFAULT VALUES;

GRANT SELECT, INSERT, DELETE ON kommune, utgaatt_nummer, postnummer, bydel TO directory;
GRANT SELECT, INSERT ON receiver_certificate TO directory;
GRANT SELECT, INSERT, UPDATE (gyldig_til) ON tjeneste TO directory;
GRANT SELECT, INSERT, UPDATE (is_valid) ON tjeneste_place TO directory;
GRANT SELECT, INSERT, UPDATE (statement), DELETE ON snapshot TO directory;
GRANT SELECT, UPDATE ON directory_state TO directory;
