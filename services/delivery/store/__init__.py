"""What delivery keeps: contract.py says it, postgres.py does it in SQL, memory.py is its twin."""
