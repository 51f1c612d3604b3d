"""What seals and opens a melding, and what its digest, case part and documents look like: pure functions over bytes."""
