-- A counter for the tests of this library: one row for each name.
CREATE TABLE counter (
  name text PRIMARY KEY,
  n integer NOT NULL,
  CONSTRAINT counter_is_not_negative CHECK (n >= 0)
);
GRANT SELECT, INSERT, UPDATE ON counter TO counting;
-- Checked only at COMMIT.
CREATE TABLE late (
  name text,
  CONSTRAINT late_name_is_a_counter FOREIGN KEY (name) REFERENCES counter (name) DEFERRABLE INITIALLY DEFERRED
);
GRANT INSERT ON late TO counting;
