"""The files of a rule set on their way: read from a folder, packed for the database, unpacked for the validator."""

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from scaicontrol.core.errors import Invalid, invalid

from .rule_sets import digest_of

_FILES_MAX = 300
_BYTES_MAX = 64 * 2**20
_ARCHIVE_MAX = 8 * 2**20  # well inside the largest packet MariaDB takes by default
_STYLESHEETS = frozenset({".xsl", ".xslt"})


@dataclass(frozen=True, slots=True)
class Package:
    """A rule set's files; `stylesheet` is the one to run, relative to the folder."""

    stylesheet: str
    digest: str
    archive: bytes


def read_folder(folder: Path, stylesheet: str | None = None) -> Package:
    """
    Read a folder with one compiled Schematron stylesheet (or the named one) and whatever it includes.

    Raises Invalid for a folder without one or with several, for links that lead out of it, and for one too large.
    """
    if not folder.is_dir():
        raise invalid("folder", f"'{folder}' is not a folder; unpack the published rules into one and name it.")
    files = _files(folder)
    main = stylesheet or _only_stylesheet(folder, files)
    if main not in files or Path(main).suffix not in _STYLESHEETS:
        raise invalid("stylesheet", f"'{folder}' holds no stylesheet '{main}'.")
    return Package(main, digest_of(files), _packed(files))


def _files(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    total, root = 0, folder.resolve()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        if not path.resolve().is_relative_to(root):
            raise invalid("folder", f"'{path}' leads out of the folder; put the file itself there.")
        total += path.stat().st_size
        if len(files) >= _FILES_MAX or total > _BYTES_MAX:
            limit = f"{_FILES_MAX} files or {_BYTES_MAX >> 20} MiB"
            raise invalid("folder", f"'{folder}' holds more than {limit}; name the folder of the rules alone.")
        files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def _only_stylesheet(folder: Path, files: dict[str, bytes]) -> str:
    found = [name for name in files if Path(name).suffix in _STYLESHEETS]
    if not found:
        message = f"'{folder}' holds no compiled rules (.xsl, .xslt); a .sch file must be compiled to XSLT first."
        raise invalid("folder", message)
    if len(found) > 1:
        names = ", ".join(found[:5]) + (" …" if len(found) > 5 else "")
        raise invalid("stylesheet", f"'{folder}' holds {len(found)} stylesheets ({names}); say which one to run.")
    return found[0]


def _packed(files: dict[str, bytes]) -> bytes:
    body = BytesIO()
    with ZipFile(body, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    if len(body.getvalue()) > _ARCHIVE_MAX:
        raise invalid("folder", f"The rules take more than {_ARCHIVE_MAX >> 20} MiB when packed.")
    return body.getvalue()


def unpacked(digest: str) -> Path | None:
    """Give the folder where this process has the files of a set already."""
    folder = _root() / digest
    return folder if folder.is_dir() else None


def unpack(digest: str, archive: bytes) -> Path:
    """Put the files of a set where the validator can read them; Invalid when they are not what was installed."""
    with ZipFile(BytesIO(archive)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    if digest_of(files) != digest:
        raise Invalid(f"The stored files of the rule set {digest[:12]} are damaged; install it again.")
    arriving = Path(tempfile.mkdtemp(dir=_root()))
    for name, content in files.items():
        target = (arriving / name).resolve()
        if not target.is_relative_to(arriving.resolve()):
            raise Invalid(f"The rule set {digest[:12]} names a file outside of its folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    folder = _root() / digest
    if not folder.exists():
        arriving.rename(folder)
    return folder


@cache
def _root() -> Path:
    """A folder of this process alone: nobody else may put rules there."""
    root = Path(tempfile.mkdtemp(prefix="scaicontrol-rules-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root
