"""A recorded folder in which the AMI connection broke again and again: what was said meanwhile is gone."""

import gzip
import json
import shutil
from pathlib import Path
from random import Random

BREAKS = 8
LONGEST_SECONDS = 25.0


def cut_folder(source: Path, target: Path, seed: int) -> Path:
    """A copy of a folder with its AMI bytes missing at random times, and notices where the connection was made anew."""
    chance = Random(seed)
    raw = gzip.decompress((source / "ami.raw.gz").read_bytes())
    index = [json.loads(line) for line in gzip.decompress((source / "ami.idx.gz").read_bytes()).splitlines()]
    reads = [entry for entry in index if "n" in entry]
    first, last = reads[0]["t"], reads[-1]["t"]
    begins = [chance.uniform(first + 20, last - 20) for _ in range(BREAKS)]
    breaks = [(begin, begin + chance.uniform(3, LONGEST_SECONDS)) for begin in begins]
    kept, told, connection, heard = bytearray(), [{"t": first, "o": 0, "conn": 1, "event": "login"}], 1, True
    for read in reads:
        broken = any(begin <= read["t"] < end for begin, end in breaks)
        if broken and heard:
            told.append({"t": read["t"], "o": len(kept), "conn": connection, "event": "dropped"})
        elif not broken and not heard:
            connection += 1
            told.append({"t": read["t"], "o": len(kept), "conn": connection, "event": "login"})
        heard = not broken
        if heard:
            told.append({"t": read["t"], "o": len(kept), "n": read["n"]})
            kept += raw[read["o"] : read["o"] + read["n"]]
    told.append({"t": last, "o": len(kept), "conn": connection, "event": "logoff"})
    shutil.copytree(source, target)
    (target / "ami.raw.gz").write_bytes(gzip.compress(bytes(kept), 1))
    (target / "ami.idx.gz").write_bytes(gzip.compress("".join(json.dumps(entry) + "\n" for entry in told).encode(), 1))
    return target
