import { assert, assertEquals, assertThrows } from "@std/assert";
import { AptOstreeError, readXattrs } from "@apt-ostree/base";
import { fsck, importDirectory, pullLocal, Repo, type RepoMode, Tree } from "@apt-ostree/ostree";

const ignore = Deno.uid() !== 0;
const MODES: RepoMode[] = ["archive", "bare", "bare-user"];
readXattrs("/"); // loads the C library before a test can be blamed for it

/** A repository with every kind of object, and the paths of its objects by kind. */
async function makeRepo(
  dir: string,
  mode: RepoMode,
): Promise<{ repo: Repo; objects: Map<string, string[]> }> {
  Deno.mkdirSync(`${dir}/tree/sub`, { recursive: true });
  Deno.writeTextFileSync(
    `${dir}/tree/text`,
    "some text that is long enough to be deflated, text, text\n".repeat(20),
  );
  Deno.writeTextFileSync(`${dir}/tree/sub/empty`, "");
  Deno.symlinkSync("text", `${dir}/tree/link`);
  const repo = Repo.init(`${dir}/repo`, { mode });
  using txn = repo.transaction();
  const commit = txn.writeCommit({
    root: await importDirectory(txn, `${dir}/tree`),
    timestamp: 1,
    subject: "a subject",
  });
  txn.setRef("main", commit);
  txn.commit();
  const objects = new Map<string, string[]>();
  for (const prefix of Deno.readDirSync(`${dir}/repo/objects`)) {
    for (const { name } of Deno.readDirSync(`${dir}/repo/objects/${prefix.name}`)) {
      const kind = name.replace(/.*\./, "");
      objects.set(kind, [...objects.get(kind) ?? [], `${dir}/repo/objects/${prefix.name}/${name}`]);
    }
  }
  return { repo, objects };
}

/** Read everything that the ref reaches; what is wrong has to come out. */
function readAll(repo: Repo): void {
  const tree = Tree.fromCommit(repo, "main");
  for (const [path, entry] of tree.walk()) {
    if (entry.type === "dir") tree.meta(path);
    else if (tree.linkTarget(path) === undefined) repo.readFile(entry.checksum);
  }
}

for (const mode of MODES) {
  Deno.test(`one flipped bit or one cut in any object of a ${mode} repository is found and named`, {
    ignore,
  }, async () => {
    const dir = Deno.makeTempDirSync({ dir: "/var/tmp" });
    try {
      const { repo, objects } = await makeRepo(dir, mode);
      assertEquals((await fsck(repo)).problems, []);
      readAll(repo);
      let tried = 0;
      for (const path of [...objects.values()].flat()) {
        if (Deno.lstatSync(path).isSymlink) continue; // a link of mode bare has no bytes of its own
        const bytes = Deno.readFileSync(path);
        const checksum = path.split("/").slice(-2).join("").replace(/\..*/, "");
        const damages: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += Math.max(1, bytes.length >> 4)) {
          const flipped = bytes.slice();
          flipped[at]! ^= 1 << (at % 8);
          damages.push(flipped, bytes.slice(0, at));
        }
        damages.push(new Uint8Array([...bytes, 0]));
        for (const damage of damages) {
          tried++;
          Deno.writeFileSync(path, damage);
          const { problems } = await fsck(repo);
          assert(
            problems.some(({ subject, message }) => `${subject} ${message}`.includes(checksum)),
            `${path} ${bytes.toHex()} ${damage.toHex()}`,
          );
          const error = assertThrows(() => readAll(repo), AptOstreeError);
          assert(error.message.length > 20);
        }
        Deno.writeFileSync(path, bytes);
      }
      assert(tried > 60, `only ${tried} damages were tried`);
      assertEquals((await fsck(repo)).problems, []);
    } finally {
      Deno.removeSync(dir, { recursive: true });
    }
  });
}

Deno.test(
  "a missing object, a damaged ref and a damaged config are named",
  { ignore },
  async () => {
    const dir = Deno.makeTempDirSync({ dir: "/var/tmp" });
    try {
      const { repo, objects } = await makeRepo(dir, "archive");
      for (const [kind, [path]] of objects) {
        const bytes = Deno.readFileSync(path!);
        Deno.removeSync(path!);
        const { problems } = await fsck(repo);
        assert(problems.length > 0, `nobody misses a ${kind}`);
        const target = Repo.init(`${dir}/target-${kind}`, { mode: "archive" });
        const wanted = repo.resolveRev("main")!;
        let failed = false;
        await pullLocal(repo, target, [wanted]).catch((error) => {
          if (!(error instanceof AptOstreeError)) throw error;
          failed = true;
        });
        assertEquals([failed, target.hasObject(wanted, "commit")], [true, false], kind);
        Deno.writeFileSync(path!, bytes);
      }
      const ref = `${repo.path}/refs/heads/main`;
      const text = Deno.readTextFileSync(ref);
      for (const damage of ["", text.slice(0, 40), text.replace(/.$/m, "g"), `${text}x`]) {
        Deno.writeTextFileSync(ref, damage);
        assertEquals(
          assertThrows(() => repo.resolveRev("main"), AptOstreeError).code,
          "ref/corrupt",
        );
        assert((await fsck(repo)).problems.some(({ message }) => message.includes("main")));
      }
      Deno.writeTextFileSync(ref, text);
      const config = `${repo.path}/config`;
      for (
        const damage of [
          "",
          "[core]\nrepo_version=2\n",
          "[core]\nrepo_version=1\nmode=odd\n",
          "[core\nrepo_version=1\n",
          "mode=bare\n",
        ]
      ) {
        Deno.writeTextFileSync(config, damage);
        assert(
          ["repo/bad-config", "repo/unsupported-mode"].includes(
            assertThrows(() => Repo.open(repo.path), AptOstreeError).code,
          ),
          damage,
        );
      }
    } finally {
      Deno.removeSync(dir, { recursive: true });
    }
  },
);
