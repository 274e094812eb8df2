import { createHash } from "node:crypto";
import type { Repo, Tree, TreeEntry } from "@apt-ostree/ostree";
import type { InitramfsTool } from "./initramfs_tool.ts";

/** Changes when the way of building an initramfs changes. */
const VERSION = 3;

/** Directories that count whole: modules, programs and libraries are picked from them by pattern. */
const WHOLE = [
  "boot",
  "lib64",
  "usr/lib/firmware",
  "usr/lib/modules",
  "usr/lib32",
  "usr/lib64",
  "usr/sbin",
];

/** Directories of which those entries count that the scripts name. */
const BY_NAME = ["etc", "usr/bin", "usr/lib", "usr/libexec", "usr/share"];

/** Entries that no script names but that the programs they call read. */
const ALWAYS = /^(ld\.so\..*|ld-.*|.*-linux-gnu.*|lib.*\.so.*)$/;

/** Entries that do not count although their names are common words. */
const NEVER = new Set(["usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man"]);

/**
 * Digest of everything in a tree that its initramfs can be made of.
 *
 * Two trees with the same digest have the same initramfs. Errs towards a new one: kernel modules,
 * libraries, /usr/sbin and all of the tool count whole; of the large directories all entries count
 * whose names occur in a script of the tool, comments aside, with what lies below them.
 *
 * @param tree Fully written: each directory has its checksums.
 * @param tool What builds it.
 * @param args Arguments that the tool gets. @default none
 * @returns 64 hexadecimal digits.
 */
export function initramfsInputs(
  repo: Repo,
  tree: Tree,
  tool: InitramfsTool,
  args: readonly string[] = [],
): string {
  const words = readScripts(repo, tree, tool.scripts);
  const hash = createHash("sha256").update(`${VERSION} ${tool.name}\n`);
  for (const arg of args) hash.update(`${arg}\0`);
  const add = (path: string) => {
    const entry = tree.lookup(path);
    if (!entry) return;
    hash.update(`${path}\0${checksumOf(entry)}\n`);
    // /usr/bin/awk leads to a program of another name.
    const real = tree.real(path);
    const target = real === path ? undefined : tree.lookup(real);
    if (target) hash.update(`${real}\0${checksumOf(target)}\n`);
  };
  for (const path of [...tool.scripts, ...WHOLE]) add(path);
  for (const dir of BY_NAME) {
    for (const [name] of tree.isDir(dir) ? tree.list(dir) : []) {
      const path = `${dir}/${name}`;
      if (!NEVER.has(path) && (words.name(name) || ALWAYS.test(name))) add(path);
    }
  }
  return hash.digest("hex");
}

/** What scripts say that could be the name of a file, or the beginning of one. */
class ScriptWords {
  readonly #words = new Set<string>();
  readonly #beginnings = new Set<string>();

  /** Read a script, comments aside. */
  add(script: string): void {
    for (const line of script.split("\n")) {
      if (/^\s*#(?!!)/.test(line)) continue;
      for (const [, word = "", wild] of line.matchAll(/([\w@][\w@.+:-]*)([*?[$])?/g)) {
        this.#words.add(word).add(word.replace(/[.:-]+$/, "")); // the end of a sentence
        if (wild !== undefined && word.length >= SHORTEST_BEGINNING) this.#beginnings.add(word);
      }
    }
  }

  /** Whether a script names the file, or a pattern that could mean it. */
  name(file: string): boolean {
    return this.#words.has(file) || [...this.#beginnings].some((word) => file.startsWith(word));
  }
}

/** Shorter words before a wildcard or variable are options and expressions. */
const SHORTEST_BEGINNING = 3;

function readScripts(repo: Repo, tree: Tree, scripts: readonly string[]): ScriptWords {
  const words = new ScriptWords();
  const read = (path: string, entry: TreeEntry) => {
    if (entry.type !== "file" || tree.linkTarget(path) !== undefined) return;
    const bytes = repo.readFile(entry.checksum);
    if (!bytes.includes(0)) words.add(new TextDecoder().decode(bytes)); // no program of dracut's
  };
  for (const path of scripts) {
    const entry = tree.lookup(path);
    if (entry?.type === "dir") {
      for (const [below, each] of tree.walk(path)) read(below, each);
    } else if (entry) read(path, entry);
  }
  return words;
}

function checksumOf(entry: TreeEntry): string {
  if (entry.type === "file") return entry.checksum;
  if (!entry.checksums) throw new TypeError("The tree has changes that are not written");
  return `${entry.checksums.dirtree} ${entry.checksums.dirmeta}`;
}
