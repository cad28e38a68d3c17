"""What an adapter heard, on disk before it is published.

Redis is a short memory and the SQL store is behind it; between the socket and both stands this file, fsync'd per
append. Whatever is lost after it is read from it again.
"""

from adapters.journal.journal import Journal, JournalInUse

__all__ = ["Journal", "JournalInUse"]
