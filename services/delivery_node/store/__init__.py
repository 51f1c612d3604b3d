"""What the node keeps: the questions (contract.py), their answers in Postgres, and an in-memory twin."""
