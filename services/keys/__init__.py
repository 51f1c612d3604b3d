"""Makes the centre's signatures, typed: a snapshot, a label, a checkpoint, a certification. It opens nothing."""
