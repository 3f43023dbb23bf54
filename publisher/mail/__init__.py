"""What leaves by mail: addresses, whole messages, and the outbox they wait in."""
