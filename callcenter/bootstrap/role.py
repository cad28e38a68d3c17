"""What a process can be for. Imports nothing, so that the command line can name the roles at once."""

from enum import StrEnum


class Role(StrEnum):
    """What a process can be for."""

    AMI = "ami"
    QUEUE_LOG = "queue-log"
    RECORDER = "recorder"
    LIVE = "live"
    METRICS = "metrics"
    RECORDINGS = "recordings"
    QUALITY = "quality"
    RETENTION = "retention"
    API = "api"
