"""One file per thing produced. A worker says *what* it makes; the only loop is in `runner.py`."""
