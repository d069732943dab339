"""Read a legacy system into a snapshot: one position, immutable, and the evidence of it."""
