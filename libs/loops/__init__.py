"""How a program's loops wait, wake and back off; no loop of ours is written twice."""
