"""How long a database may take, each limit with its reason."""

from pydantic import Field

from callcenter.settings.strict import Strict


class DatabaseLimits(Strict):
    """After these a statement is ended and everything of its transaction undone; workers then begin again."""

    answer_seconds: float = Field(
        10, gt=0, le=3600, description="whoever waits for the API is gone by then, and others want their turn"
    )
    work_seconds: float = Field(
        300, gt=0, le=86400, description="workers do large things at once; what takes longer than this hangs"
    )
    lock_seconds: float = Field(
        30, gt=0, le=3600, description="how long a writer waits for its turn, which others have for seconds at most"
    )
    idle_seconds: float = Field(
        120, gt=0, le=3600, description="a process that stands still in its turn loses it (PostgreSQL)"
    )
