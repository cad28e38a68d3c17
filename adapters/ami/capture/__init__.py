"""Recorded AMI traffic: a folder of files that a live connection can be written to, and read from as if it were live.

``ami.raw.gz`` holds the bytes after the login answer, ``ami.idx.gz`` a line of JSON per read of the socket with the
time (``t``, seconds since 1970), the offset (``o``) and the number of bytes (``n``), and lines with an ``event`` where
connections began and ended; ``ami.hello`` is banner and login answer. A single file of bytes alone will do, too.
"""

from adapters.ami.capture.opening import open_capture
from adapters.ami.capture.writing import Captured, CaptureWriter

__all__ = ["CaptureWriter", "Captured", "open_capture"]
