import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import { importPackages } from "@apt-ostree/core";
import { Repo } from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { makeDialects } from "../support/deb_dialects.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "dpkg-deb", "python3", "ar", "tar", "xz", "zstd", "bzip2", "setfattr");
readXattrs("/"); // loads the C library before a test can be blamed for it

/** Every path below a directory: type, mode, owner, target, content and attributes; devices left out. */
const DESCRIBE = `
import hashlib, os, stat, sys
root = sys.argv[1].encode()
for base, dirs, files in os.walk(root):
    for name in sorted(dirs + files) + ([b""] if base == root else []):
        path = os.path.join(base, name)
        s = os.lstat(path)
        kind = stat.S_IFMT(s.st_mode)
        if kind not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK): continue
        body = hashlib.sha256(open(path, "rb").read()).hexdigest() if kind == stat.S_IFREG else ""
        target = os.readlink(path) if kind == stat.S_IFLNK else b""
        attributes = [(n, os.getxattr(path, n, follow_symlinks=False).hex())
                      for n in sorted(os.listxattr(path, follow_symlinks=False))]
        print(os.path.relpath(path, root), oct(s.st_mode), s.st_uid, s.st_gid, target, body, attributes)
`;

Deno.test("packages of every dialect are imported as tar unpacks them, by the word of ostree", {
  ignore,
}, async () => {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
  try {
    const debs = await makeDialects(dir);
    const describe = async (path: string) =>
      (await output("python3", "-c", DESCRIBE, path)).trim().split("\n").sort();
    let attributes = 0;
    // One of each dialect: what is packed alike unpacks alike.
    for (const path of debs.filter((_, at) => at % 6 === 2)) {
      const repo = Repo.init(`${path}-repo`, { mode: "bare" });
      const sha256 = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
      const id = { name: "sample", version: "1:2.0-1", architecture: "all" };
      const jobs = async function* () {
        yield { ...id, path, sha256 };
      };
      assertEquals(await importPackages(repo, jobs(), 1, { workers: 0 }), 1);
      const [ref] = [...repo.listRefs().keys()];
      const checkout = ["checkout", `--repo=${repo.path}`, "--subpath=/data", ref!];
      await run("ostree", ...checkout, `${path}-ours`);
      await run("mkdir", `${path}-theirs`);
      const unpack = 'ar p "$1" data.tar.xz | xz -d | tar -xpC "$2" --xattrs --numeric-owner';
      await run("sh", "-c", unpack, "sh", path, `${path}-theirs`);
      const theirs = await describe(`${path}-theirs`);
      assert(theirs.length >= 8, theirs.join("\n"));
      assertEquals(await describe(`${path}-ours`), theirs, path);
      attributes += theirs.filter((line) => line.includes("user.")).length;
    }
    assert(attributes > 0, "no file had an attribute");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
