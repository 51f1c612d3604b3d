-- The database of one delivery node. It belongs to the kommune; the centre never sees it.
-- Nothing here can be read without the node's keystore: content lies sealed, as it came.
-- Moments are intake's or the node's clock, handed in; the database's own clock is never asked.

-- One row per melding that the node has heard of with a receipt that holds. Inserted when its head comes; its columns
-- fill as facts become true and are never emptied again, except bytes_at (below). Rows are kept.
CREATE TABLE melding (
    epoch          bigint      NOT NULL,  -- intake's numbering; a new epoch begins if intake ever lost its end
    number         bigint      NOT NULL,  -- 1, 2, 3 ... without gaps in an epoch
    melding_id     uuid        NOT NULL,  -- made by the sender, UUIDv4
    reference      text        NOT NULL,  -- nine characters of Crockford's base32, as people read it out
    type           text        NOT NULL,  -- 'privat' or 'offentlig'
    suite          text        NOT NULL,  -- how the parts are sealed, e.g. 'jwe'
    digest         bytea       NOT NULL,  -- 32 bytes: of the whole sealed melding (libs/sealing/digest.py)
    kommunenummer  text        NOT NULL,  -- where the child lives, number and name of the day it was received
    kommunenavn    text        NOT NULL,
    bydelsnummer   text        NOT NULL,  -- '00' where the kommune has no bydeler
    bydelsnavn     text        NOT NULL,
    received_at    timestamptz NOT NULL,  -- intake's commit; the law's clocks run from it
    feedback_due   date        NOT NULL,  -- Norwegian date by which the sender shall have heard
    is_urgent      boolean     NOT NULL,  -- the sender's own mark
    receipt        text        NOT NULL,  -- intake's signed statement, exactly as it came
    traceparent    text        NOT NULL,  -- W3C trace that began at intake; '' where there is none
    head_at        timestamptz NOT NULL,  -- when the node heard of it
    fetch_attempts integer     NOT NULL,  -- how often its bytes could not be had
    fetch_after    timestamptz NOT NULL,  -- not to be fetched before
    bytes_at       timestamptz,           -- when its sealed bytes were committed; NULL before, and again when they
                                          -- were read back and differed
    stored_at      timestamptz,           -- when they were read back, found true and the proof signed; NULL before
    opened_at      timestamptz,           -- when a person first opened it; NULL before
    confirmed_at   timestamptz,           -- when a caseworker ticked that the case system has it; NULL before
    CONSTRAINT melding_is_numbered_once PRIMARY KEY (epoch, number),
    CONSTRAINT melding_comes_once UNIQUE (melding_id),
    CONSTRAINT numbers_begin_at_one CHECK (epoch > 0 AND number > 0),
    CONSTRAINT type_is_known CHECK (type IN ('privat', 'offentlig')),
    CONSTRAINT digest_has_32_bytes CHECK (octet_length(digest) = 32),
    CONSTRAINT stored_means_bytes_are_here CHECK (stored_at IS NULL OR bytes_at IS NOT NULL),
    CONSTRAINT opened_only_when_stored CHECK (opened_at IS NULL OR stored_at IS NOT NULL),
    CONSTRAINT confirmed_only_when_stored CHECK (confirmed_at IS NULL OR stored_at IS NOT NULL)
);
CREATE INDEX melding_to_fetch ON melding (fetch_after, epoch, number) WHERE bytes_at IS NULL;
CREATE INDEX melding_by_reference ON melding (reference);

-- One row per part of a melding, as its receipt lists it. Inserted with the melding, kept as long.
CREATE TABLE part (
    epoch      bigint  NOT NULL,
    number     bigint  NOT NULL,
    part_index integer NOT NULL,  -- order in the digest, from 0
    purpose    text    NOT NULL,  -- 'case', 'identity'; an open list
    key_id     text    NOT NULL,  -- of the certificate it is sealed to: base64url of SHA-256 over its DER
    sha256     bytea   NOT NULL,  -- 32 bytes, over the sealed bytes
    size_bytes integer NOT NULL,
    CONSTRAINT part_is_listed_once PRIMARY KEY (epoch, number, part_index),
    CONSTRAINT part_of_a_melding FOREIGN KEY (epoch, number) REFERENCES melding,
    CONSTRAINT sha256_has_32_bytes CHECK (octet_length(sha256) = 32)
);

-- The sealed bytes, encrypted to the node's receiver key; all parts of a melding in one transaction with bytes_at.
-- Deleted only when they were read back and differ from the receipt, before any proof was made.
CREATE TABLE sealed_part (
    epoch      bigint  NOT NULL,
    number     bigint  NOT NULL,
    part_index integer NOT NULL,
    sealed     bytea   NOT NULL,  -- as it came, never re-encoded
    CONSTRAINT sealed_once PRIMARY KEY (epoch, number, part_index),
    CONSTRAINT sealed_of_a_part FOREIGN KEY (epoch, number, part_index) REFERENCES part
);
-- Sealed bytes do not compress; trying costs time.
ALTER TABLE sealed_part ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- One row per fact that the centre is owed a proof of. Inserted unsigned in the transaction of the fact; signed once;
-- sent until delivery answers that it has it. Kept. An unsigned 'stored' row is deleted when its bytes differ.
CREATE TABLE proof (
    epoch           bigint      NOT NULL,
    number          bigint      NOT NULL,
    kind            text        NOT NULL,
    fact_at         timestamptz NOT NULL,  -- when it became true
    statement       text,                  -- the signed proof, kept byte for byte; NULL until it is signed
    send_attempts   integer     NOT NULL,
    send_after      timestamptz NOT NULL,  -- not to be sent before
    acknowledged_at timestamptz,           -- when delivery answered that the proof is durable there; NULL before
    CONSTRAINT proof_is_made_once PRIMARY KEY (epoch, number, kind),
    CONSTRAINT proof_of_a_melding FOREIGN KEY (epoch, number) REFERENCES melding,
    CONSTRAINT proof_kind_is_known CHECK (kind IN ('stored', 'acknowledged', 'confirmed', 'opened')),
    CONSTRAINT only_signed_proofs_are_acknowledged CHECK (acknowledged_at IS NULL OR statement IS NOT NULL)
);
CREATE INDEX proof_to_sign ON proof (epoch, number) WHERE statement IS NULL;
CREATE INDEX proof_to_send ON proof (epoch, number) WHERE statement IS NOT NULL AND acknowledged_at IS NULL;

-- The newest sequence head of each epoch: intake's signed word on how many there are. Replaced by newer ones only.
CREATE TABLE sequence_head (
    epoch       bigint      NOT NULL,
    last_number bigint      NOT NULL,
    at          timestamptz NOT NULL,  -- intake's clock
    statement   text        NOT NULL,  -- as it came
    seen_at     timestamptz NOT NULL,  -- when the node got it
    CONSTRAINT one_head_an_epoch PRIMARY KEY (epoch),
    CONSTRAINT last_number_is_a_count CHECK (epoch > 0 AND last_number >= 0)
);

-- Something that people should hear of. Inserted when first seen, counted when seen again, settled when it is over.
CREATE TABLE finding (
    code       text        NOT NULL,  -- services/delivery_node/counting.py Finding
    epoch      bigint      NOT NULL,  -- what it is about, as far as it can be told; 0 where it cannot
    number     bigint      NOT NULL,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    times      integer     NOT NULL,
    settled_at timestamptz,           -- NULL while it stands
    CONSTRAINT finding_is_told_once PRIMARY KEY (code, epoch, number)
);

-- Who did what to a melding, when and why. Committed before anything is shown. The node's role may insert and read
-- here, nothing else: an entry cannot be changed or taken back by the node's program.
CREATE TABLE access_entry (
    entry_id uuid        NOT NULL,
    epoch    bigint      NOT NULL,
    number   bigint      NOT NULL,
    at       timestamptz NOT NULL,
    subject  text        NOT NULL,  -- the person's id at the kommune's login provider
    name     text        NOT NULL,  -- the person's name as the provider told it then
    act      text        NOT NULL,
    reason   text        NOT NULL,  -- in the person's own words
    CONSTRAINT entry_is_written_once PRIMARY KEY (entry_id),
    CONSTRAINT entry_of_a_melding FOREIGN KEY (epoch, number) REFERENCES melding,
    CONSTRAINT act_is_known CHECK (act IN ('read', 'pdf', 'attachment', 'export', 'confirm', 'unreadable')),
    CONSTRAINT reason_is_given CHECK (reason <> '')
);
CREATE INDEX access_by_melding ON access_entry (epoch, number, at);

GRANT SELECT, INSERT, UPDATE ON melding TO delivery_node;
GRANT SELECT, INSERT ON part TO delivery_node;
GRANT SELECT, INSERT, DELETE ON sealed_part TO delivery_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON proof TO delivery_node;
GRANT SELECT, INSERT, UPDATE ON sequence_head, finding TO delivery_node;
GRANT SELECT, INSERT ON access_entry TO delivery_node;
