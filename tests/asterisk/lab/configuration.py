"""The configuration of one PBX: the files we ship, what a test must set otherwise, and the lab's own numbers.

Of `config/asterisk/` nothing is copied into the tests: the very files are read, single values are laid over (addresses,
secrets, the strategy under test), and a value that is to be replaced must be there.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from string import Template

from tests.asterisk.lab.ami import SECRET as LAB_SECRET
from tests.asterisk.lab.ami import USERNAME as LAB
from tests.asterisk.lab.packages import Installation

SHIPPED = Path(__file__).parents[3] / "config" / "asterisk"
OWN = Path(__file__).parent / "etc"

USERNAME, SECRET = "callcenter", "heard-by-callcenter"
CONTROL, CONTROL_SECRET = "callcenter-control", "done-by-callcenter"
AMI_PORT, AMI_TLS_PORT, SIP_PORT = 5038, 5039, 5060
PHONES = tuple(f"a{number}" for number in range(1, 81))


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What differs from PBX to PBX."""

    version: str = "22"
    systemname: str | None = "lab"
    timestamps: bool = True
    rotation: str = "sequential"
    tls: tuple[Path, Path] | None = None
    """Certificate and key, if AMI is to speak TLS as well."""
    queues: str = ""
    """More of queues.conf."""
    dialplan: str = ""
    """More numbers that anybody may dial."""


def write(folder: Path, address: str, setup: Setup, asterisk: Installation) -> None:
    """Everything that Asterisk reads, below ``folder``."""
    for part in ("etc", "lib/keys", "data/sounds", "spool", "run", "log", "cache"):
        (folder / part).mkdir(parents=True)
    (folder / "data/documentation").symlink_to(asterisk.data / "documentation")
    for sounds in (asterisk.data / "sounds").glob("en*"):
        (folder / "data/sounds/en").symlink_to(sounds)
    etc = folder / "etc"
    shutil.copy(SHIPPED / "extensions-callcenter.conf", etc)
    (etc / "manager.conf").write_text(_manager(address, setup))
    (etc / "logger.conf").write_text(replaced((SHIPPED / "logger.conf").read_text(), rotatestrategy=setup.rotation))
    (etc / "queues.conf").write_text((SHIPPED / "queues.conf").read_text() + '\n#include "queues-lab.conf"\n')
    options = f"systemname = {setup.systemname}" if setup.systemname else ""
    words = {
        "folder": folder,
        "modules": asterisk.modules,
        "options": options,
        "address": address,
        "phones": _phones(),
        "queues": setup.queues,
    }
    for file in OWN.iterdir():
        text = file.read_text()
        filled = text + setup.dialplan if file.name == "extensions.conf" else Template(text).substitute(words)
        (etc / file.name).write_text(filled)


def replaced(text: str, section: str | None = None, **values: str) -> str:
    """A configuration file in which single values, of one section if it is named, are others."""
    for key, value in values.items():
        before, heading, inner = text.rpartition(f"\n[{section}]\n") if section else ("", "", text)
        inner, more, after = inner.partition("\n[") if section else (inner, "", "")
        inner, number = re.subn(rf"(?m)^;?({key} =).*$", rf"\1 {value}", inner, count=1)
        assert number, f"no {key} in {section or 'the file'}"
        text = before + heading + inner + more + after
    return text


def _manager(address: str, setup: Setup) -> str:
    text = (SHIPPED / "manager.conf").read_text()
    text = replaced(text, "general", bindaddr=address, timestampevents="yes" if setup.timestamps else "no")
    text = replaced(text, USERNAME, secret=SECRET)
    text = replaced(text, CONTROL, secret=CONTROL_SECRET)
    if setup.version == "16":
        text = text.replace(";eventfilter =", "eventfilter =")
    if setup.tls is not None:
        certificate, key = setup.tls
        values = {"tlsenable": "yes", "tlsbindaddr": f"{address}:{AMI_TLS_PORT}"}
        text = replaced(text, "general", **values, tlscertfile=str(certificate), tlsprivatekey=str(key))
    return f"{text}\n[{LAB}]\nsecret = {LAB_SECRET}\nread = all\nwrite = all\n"


def _phones() -> str:
    return "\n".join(
        f"[{name}](phone)\nauth = {name}\naors = {name}\ncallerid = {name} <{name[1:]}>\n"
        f"[{name}]\ntype = auth\nauth_type = userpass\nusername = {name}\npassword = {name}\n"
        f"[{name}]\ntype = aor\nmax_contacts = 1\nremove_existing = yes\n"
        for name in PHONES
    )
