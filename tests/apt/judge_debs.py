"""Describe each .deb whose path comes on standard input, by dpkg-deb and tarfile, a JSON line each."""

import hashlib
import json
import re
import subprocess
import sys
import tarfile

KINDS = {
    b"0": "file", b"\0": "file", b"S": "file", b"1": "hardlink", b"2": "symlink",
    b"3": "char", b"4": "block", b"5": "dir", b"6": "fifo",
}
XATTR = "SCHILY.xattr."


def output(*argv):
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    return subprocess.run(argv, stdout=subprocess.PIPE, check=True, env=env).stdout


def clean(name):
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def entries(option, deb):
    child = subprocess.Popen(["dpkg-deb", option, deb], stdout=subprocess.PIPE)
    with tarfile.open(fileobj=child.stdout, mode="r|", errors="surrogateescape") as archive:
        for member in archive:
            kind = KINDS[member.type]
            is_file = kind == "file"
            target = member.linkname if kind == "symlink" else ""
            digest = hashlib.sha256(archive.extractfile(member).read()).hexdigest() if is_file else ""
            device = [member.devmajor, member.devminor] if kind in ("char", "block") else [0, 0]
            xattrs = {
                key[len(XATTR):]: value.encode("utf-8", "surrogateescape").hex()
                for key, value in member.pax_headers.items() if key.startswith(XATTR)
            }
            yield [
                kind, clean(member.name), clean(member.linkname) if kind == "hardlink" else target,
                member.uid, member.gid, member.uname, member.gname, member.mode & 0o7777,
                member.size if is_file else 0, int(member.mtime // 1), digest, *device, xattrs,
            ]
    child.stdout.read()
    if child.wait() != 0:
        raise SystemExit(f"dpkg-deb {option} {deb}: status {child.returncode}")


def listed(deb):
    """Names as `dpkg-deb -c` prints them."""
    names = []
    for line in output("dpkg-deb", "-c", deb).decode().splitlines():
        name = re.match(r"\S+ \S+ +\S+ [-\d]+ \d\d:\d\d (.*)", line)[1]
        if line[0] == "l":
            name = name.split(" -> ")[0]
        name = name.split(" link to ")[0]
        names.append(clean(re.sub(r"\\(.)", r"\1", name)))
    return names


for line in sys.stdin:
    deb = line.rstrip("\n")
    text = output("dpkg-deb", "-f", deb).decode()
    fields = re.findall(r"^([^\s:]+):", text, re.M)
    print(json.dumps({
        "control": list(entries("--ctrl-tarfile", deb)),
        "data": list(entries("--fsys-tarfile", deb)),
        "names": listed(deb),
        "text": text,
        "fields": {name: output("dpkg-deb", "-f", deb, name).decode() for name in fields[:4]},
    }))
