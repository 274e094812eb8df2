import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { formatStanza, openDeb } from "@apt-ostree/apt";
import type { TarEntry, TarHandler } from "@apt-ostree/base";
import { lacks } from "../support/lacks.ts";
import { makeDialects } from "../support/deb_dialects.ts";
import { realDebs } from "../support/real_debs.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "python3", "xz", "zstd", "bzip2", "ar", "tar");
const JUDGE = new URL("./judge_debs.py", import.meta.url).pathname;

/** An archive entry: all that both sides tell of it. */
type Entry = readonly unknown[];

/** What the judge says of a .deb. */
interface Judged {
  /** Entries of the control archive. */
  readonly control: readonly Entry[];
  /** Entries of the data archive. */
  readonly data: readonly Entry[];
  /** Names of the data archive as `dpkg-deb -c` lists them. */
  readonly names: readonly string[];
  /** The control file as `dpkg-deb -f` prints it. */
  readonly text: string;
  /** Some fields, each as `dpkg-deb -f` prints it alone. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Gathers entries with the digests of their bytes. */
class Gather implements TarHandler {
  readonly entries: Entry[] = [];
  #entry: TarEntry | undefined;
  #hash = createHash("sha256");

  entry(entry: TarEntry): void {
    this.#entry = entry;
    this.#hash = createHash("sha256");
  }

  data(piece: Uint8Array): void {
    this.#hash.update(piece);
  }

  end(): void {
    const e = this.#entry!;
    const digest = e.type === "file" ? this.#hash.digest("hex") : "";
    const isDevice = e.type === "char" || e.type === "block";
    const device = isDevice ? [e.devMajor, e.devMinor] : [0, 0];
    const xattrs = Object.fromEntries(e.xattrs.map(([name, value]) => [name, value.toHex()]));
    const who = [e.uid, e.gid, e.uname, e.gname];
    this.entries.push(
      [e.type, e.path, e.target, ...who, e.mode, e.size, e.mtime, digest, ...device, xattrs],
    );
  }
}

/** Ask the judge about all .debs in one process, and hand each answer on as it comes. */
async function judge(
  debs: readonly string[],
  onAnswer: (deb: string, judged: Judged) => Promise<void>,
): Promise<void> {
  const child = new Deno.Command("python3", { args: [JUDGE], stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  const writing = writer.write(new TextEncoder().encode(debs.map((deb) => `${deb}\n`).join("")))
    .then(() => writer.close());
  let rest = "";
  let at = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) await onAnswer(debs[at++]!, JSON.parse(line));
  }
  await writing;
  assertEquals([(await child.status).code, at], [0, debs.length]);
}

/** Hold a .deb against what the judge says. */
async function compare(path: string, judged: Judged): Promise<void> {
  const deb = await openDeb(path);
  const gather = new Gather();
  await deb.walk(gather);
  assertEquals(gather.entries, judged.data, path);
  assertEquals(gather.entries.map(([, name]) => String(name)), [...judged.names], path);
  const members = [...deb.members].map(([name, { mode, bytes }]) => [
    name,
    mode,
    bytes.length,
    createHash("sha256").update(bytes).digest("hex"),
  ]);
  const judgedMembers = judged.control.filter(([type]) => type === "file").map((entry) => [
    entry[1],
    entry[7],
    entry[8],
    entry[10],
  ]);
  assertEquals(members, judgedMembers, path);
  const text = new TextDecoder().decode(deb.members.get("control")!.bytes);
  assertEquals(text.trimEnd(), judged.text.trimEnd(), path);
  assertEquals(squeezed(formatStanza(deb.control)), squeezed(judged.text), path);
  for (const [name, value] of Object.entries(judged.fields)) {
    assertEquals(deb.control.get(name), value.trimEnd(), `${path} ${name}`);
  }
}

/** Control text without the blanks that mean nothing: after a colon and at the end of a line. */
function squeezed(text: string): string {
  return text.trimEnd().replace(/^([^\s:]+):[ \t]*/gm, "$1: ").replace(/[ \t]+$/gm, "");
}

Deno.test("openDeb() agrees with dpkg-deb on 400 packages of two suites", { ignore }, async () => {
  const debs = await realDebs();
  const suites = new Set(debs.map(({ suite }) => suite));
  assert(debs.length >= 400 && suites.size === 2, `${debs.length} of ${[...suites]}`);
  await judge(debs.map(({ path }) => path), compare);
});

Deno.test(
  "openDeb() agrees with dpkg-deb on every dialect and compression",
  { ignore },
  async () => {
    const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
    try {
      const debs = await makeDialects(dir);
      assert(debs.length >= 24, `${debs.length}`);
      await judge(debs, compare);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
);
