"""What intake keeps: contract.py says it, the postgres modules do it in SQL, memory.py is their twin."""
