"""The short memory between adapters and workers: Redis Streams, a server to hold them, and their twin in memory."""
