"""Asterisk out of Debian's packages, unpacked into a cache: no root, no container, nothing installed.

apt gets a configuration, states and an archive folder of its own, and one suite. Whatever mirror and keys this machine
trusts are used, so a package is as good as an installed one: apt checks the signature of the suite and the hash of each
package. What was unpacked completely is renamed into its place at the end, under a lock, so a folder that is there is
whole, and two runs that begin at once fetch once.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from tempfile import TemporaryDirectory

SUITES = {"22": "forky", "16": "bullseye"}
"""The Debian suite that has this Asterisk."""

# Programs that nothing here runs (perl, gpg, passwd …) are left out: Asterisk, its sounds, and libraries.
_WANTED = re.compile(r"(?:asterisk|lib(?!perl|snmp-base))")
_KEYRINGS = Path("/usr/share/keyrings")
_FORM = 1
"""Raised when a folder of the cache is filled in another way."""


class Unavailable(Exception):
    """This machine cannot have that Asterisk; the text says why."""


@dataclass(frozen=True)
class Installation:
    """One unpacked Asterisk: how to call it, and where its parts are."""

    version: str
    root: Path
    command: tuple[str, ...]
    modules: Path
    data: Path


def installation(version: str) -> Installation:
    """The Asterisk of that version, from the cache or fetched now. Raises Unavailable."""
    folder = cache() / f"{SUITES[version]}-{_architecture()}-{_FORM}"
    if not folder.is_dir():
        with _locked(folder.with_suffix(".lock")):
            if not folder.is_dir():
                _fill(folder, SUITES[version])
    return _found(version, folder)


def cache() -> Path:
    """Where unpacked packages are kept: CALLCENTER_ASTERISK_CACHE, else the usual folder for caches.

    That of root is readable for nobody else, and Asterisk is not run as root here; so root's is the machine's.
    """
    if named := os.environ.get("CALLCENTER_ASTERISK_CACHE"):
        return Path(named)
    own = os.environ.get("XDG_CACHE_HOME")
    usual = Path("/var/cache") if os.geteuid() == 0 else Path.home() / ".cache"
    return (Path(own) if own else usual) / "callcenter" / "asterisk"


def _architecture() -> str:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Unavailable("Asterisk is fetched as Debian packages, and here is no apt-get or dpkg-deb")
    return _said("dpkg", "--print-architecture").strip()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        flock(held, LOCK_EX)
        yield


def _fill(folder: Path, suite: str) -> None:
    """Fetch and unpack beside the folder, then put it in its place."""
    with TemporaryDirectory(dir=folder.parent, prefix=".fetched-") as beside:
        work = Path(beside)
        work.chmod(0o755)
        root = work / "root"
        root.mkdir()
        for package in _fetched(work / "apt", suite):
            _said("dpkg-deb", "-x", str(package), str(root))
        root.rename(folder)


def _fetched(work: Path, suite: str) -> list[Path]:
    archives = work / "archives"
    for part in ("lists/partial", "archives/partial", "etc/preferences.d"):
        (work / part).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={_keyring()}] {_mirror()} {suite} main\n")
    (work / "apt.conf").write_text(_CONFIGURATION.format(work=work))
    apt = {**os.environ, "APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C"}
    _said("apt-get", "-qq", "update", env=apt)
    planned = _said("apt-get", "-qq", "--yes", "--print-uris", "install", "asterisk", env=apt)
    names = [found[1] for found in re.finditer(r"^'\S+' ([a-z0-9.+-]+)_\S+ \d+", planned, re.MULTILINE)]
    _said("apt-get", "-qq", "download", *(name for name in names if _WANTED.match(name)), env=apt, cwd=archives)
    return sorted(archives.glob("*.deb"))


_CONFIGURATION = """\
Dir::State "{work}";
Dir::State::lists "{work}/lists";
Dir::State::status "{work}/status";
Dir::Cache "{work}";
Dir::Cache::archives "{work}/archives";
Dir::Etc::sourcelist "{work}/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferencesparts "{work}/etc/preferences.d";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Get::List-Cleanup "false";
"""


def _mirror() -> str:
    """Where this machine gets Debian from."""
    places = _said("apt-get", "indextargets", "--format", "$(REPO_URI)").split()
    for place in places:
        if place.rstrip("/").endswith("/debian"):
            return place
    raise Unavailable("Asterisk is fetched from this machine's Debian mirror, and its apt sources name none")


def _keyring() -> Path:
    keyring = _KEYRINGS / "debian-archive-keyring.gpg"
    if not keyring.exists():
        raise Unavailable(f"without {keyring} (package debian-archive-keyring) no signature of Debian can be checked")
    return keyring


def _said(*command: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        told = "; ".join(line for line in done.stderr.splitlines() if line.startswith(("E:", "W:", "dpkg")))
        raise Unavailable(f"{' '.join(command[:3])}: {told or done.stderr[-300:]}")
    return done.stdout


def _found(version: str, root: Path) -> Installation:
    """Its own loader runs it, with the libraries of its own suite. Bullseye's ``lib64`` is a link that dangles."""
    loaders = (*root.glob("lib/*/ld-[0-9]*.so"), *root.glob("usr/lib64/ld-linux-*"), *root.glob("usr/lib/ld-linux-*"))
    libraries = (*root.glob("lib/*-linux-gnu*"), *root.glob("usr/lib/*-linux-gnu*"), root / "usr/lib")
    modules = next(iter(root.glob("usr/lib/**/asterisk/modules")))
    path = ":".join(map(str, libraries))
    command = (str(loaders[0]), "--library-path", path, str(root / "usr/sbin/asterisk"))
    return Installation(version, root, command, modules, root / "usr/share/asterisk")
