"""What the servers of the practice cloud boot: two Debian kernels and one initramfs of a few megabytes.

A server has no disk worth the name: its whole user space is `guest/init` over busybox, so that it is ready
seconds after its kernel starts, even where the processor is emulated.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
from pathlib import Path

from mitate.lab.base import Base, remove_tree
from mitate.lab.progress import Clocked
from mitate.lab.recipe import HERE
from mitate.lab.shell import run

_FETCH = """
cd /var/cache/apt/archives && for p in "$@"; do
  case $p in linux-image-*)
    p=$(apt-cache depends "$p" | awk '/Depends: linux-image/ {print $2; exit}') ;;
  esac
  ls "$p"_*.deb >/dev/null 2>&1 || apt-get download -q "$p" >/dev/null || exit 1
  ls -t "$p"_*.deb | head -1
done
"""
_DIRECTORIES = (
    *("bin", "sbin", "proc", "sys", "dev/pts", "etc/dropbear", "tmp", "root", "run", "var/run", "var/www"),
    *("usr/share/udhcpc", "lib64", "lib/x86_64-linux-gnu"),
)


class Guest:
    """Kernel and initramfs of the servers, built once from the release's packages."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.directory = base.root.with_name(f"{base.recipe.release}-guest")
        self._settings = base.recipe.settings["guest"]

    @property
    def images(self) -> list[Path]:
        """The files to upload: each kernel, and `initrd.gz`."""
        return [self.directory / name for name in (*self._settings["kernels"], "initrd.gz")]

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(repr(self._settings).encode())
        for path in sorted((HERE / "guest").iterdir()):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def is_built(self) -> bool:
        """Whether the images are there and are the ones that this release describes."""
        stamp = self.directory / "fingerprint"
        return stamp.exists() and stamp.read_text() == self._fingerprint()

    def build(self, clocked: Clocked) -> None:
        """Build the images beside their final place, and move them there in one step."""
        with clocked.phase("server images"):
            partial = self.directory.with_name(f"{self.directory.name}.partial")
            remove_tree(partial)
            tree = partial / "tree"
            for name in _DIRECTORIES:
                (tree / name).mkdir(parents=True, exist_ok=True)
            kernels = self._settings["kernels"]
            clocked.say("downloading kernels")
            wanted = [*kernels.values(), *self.base.recipe.packages("guest")]
            fetched = self.base.inside(self.base.root, ["sh", "-c", _FETCH, "fetch", *wanted], timeout=300)
            for name, archive in zip([*kernels, "busybox"], fetched.split(), strict=True):
                unpacked = partial / name
                run(["dpkg", "-x", str(self.base.state.cache / "archives" / archive), str(unpacked)])
                if name in kernels:
                    self._take_kernel(unpacked, partial / "images" / name, tree)
                else:
                    shutil.copy(unpacked / "bin/busybox", tree / "bin/busybox")
            self._take_programs(tree)
            self._finish(tree, partial / "images/initrd.gz", clocked)
            (partial / "images/fingerprint").write_text(self._fingerprint())
            remove_tree(self.directory)
            (partial / "images").rename(self.directory)
            remove_tree(partial)

    def _take_kernel(self, unpacked: Path, image: Path, tree: Path) -> None:
        image.parent.mkdir(exist_ok=True)
        shutil.copy(next((unpacked / "boot").glob("vmlinuz-*")), image)
        for version in (unpacked / "lib/modules").iterdir():
            target = tree / "lib/modules" / version.name
            target.mkdir(parents=True)
            for module in self._settings["modules"]:
                for found in version.rglob(f"{module}.ko"):
                    shutil.copy(found, target)

    def _take_programs(self, tree: Path) -> None:
        """Copy programs of the base with the libraries that they are linked to."""
        root, programs = self.base.root, self._settings["programs"]
        libraries = {"/lib/x86_64-linux-gnu/libresolv.so.2"}  # busybox wants it
        for target, program in programs.items():
            shutil.copy(root / program, tree / target)
            out = self.base.inside(root, ["ldd", f"/{program}"])
            libraries |= {
                words[2] for line in out.splitlines() if len(words := line.split()) > 2 and words[2][0] == "/"
            }
        for library in sorted(libraries):
            shutil.copy(root / library.lstrip("/"), tree / "lib/x86_64-linux-gnu")
        shutil.copy(root / "lib64/ld-linux-x86-64.so.2", tree / "lib64")

    def _finish(self, tree: Path, initrd: Path, clocked: Clocked) -> None:
        (tree / "bin/sh").symlink_to("busybox")
        (tree / "bin/ssh").symlink_to("dbclient")
        for name, target in (("init", "init"), ("default.script", "usr/share/udhcpc/default.script")):
            shutil.copy(HERE / "guest" / name, tree / target)
            (tree / target).chmod(0o755)
        for name, text in (
            ("passwd", "root::0:0:root:/root:/bin/sh\n"),
            ("group", "root:x:0:\n"),
            ("shells", "/bin/sh\n"),
            ("modules", "\n".join(self._settings["modules"]) + "\n"),
        ):
            (tree / "etc" / name).write_text(text)
        clocked.say("packing the initramfs")
        with gzip.open(initrd, "wb", compresslevel=9) as packed:
            packed.write(newc(tree))


def newc(tree: Path) -> bytes:
    """A directory tree as a cpio archive, format "newc", all owned by root (kernel: buffer-format.rst)."""
    archive = bytearray()

    def add(name: str, mode: int, content: bytes) -> None:
        inode = len(archive)  # any number that is not used twice will do
        fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        archive.extend(b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0")
        archive.extend(b"\0" * (-len(archive) % 4) + content)
        archive.extend(b"\0" * (-len(archive) % 4))

    for path in sorted(tree.rglob("*")):
        found = path.lstat()
        content = b""
        if path.is_symlink():
            content = str(path.readlink()).encode()
        elif path.is_file():
            content = path.read_bytes()
        add(str(path.relative_to(tree)), found.st_mode, content)
    add("TRAILER!!!", 0, b"")
    return bytes(archive)
