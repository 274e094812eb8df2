import { isChecksum } from "@apt-ostree/ostree";
import type { PlainDirectories } from "./special_entries.ts";

/** Changes when other entries are special than before. */
const HEADER = "plain directories 1";

/** Most directories that are remembered; beyond, those of the last tree alone are. */
const MAX_DIRECTORIES = 200_000;

/** Plain directories, kept in a file from compose to compose. */
export class PlainDirectoriesFile implements PlainDirectories {
  readonly #path: string;
  readonly #known: ReadonlySet<string>;
  readonly #used = new Set<string>();

  /** Read the file; where it is missing or of another version, nothing is known. */
  constructor(path: string) {
    this.#path = path;
    const [header, ...lines] = readIfThere(path).split("\n");
    this.#known = new Set(header === HEADER ? lines.filter(isChecksum) : []);
  }

  /** Whether the directory is known to be plain. */
  has(dirtree: string): boolean {
    const known = this.#known.has(dirtree);
    if (known) this.#used.add(dirtree);
    return known || this.#used.has(dirtree);
  }

  /** Remember that it is. */
  add(dirtree: string): void {
    this.#used.add(dirtree);
  }

  /** Write the file, in one step; not where nothing is new. */
  write(): void {
    if (this.#used.isSubsetOf(this.#known)) return;
    const all = this.#known.union(this.#used);
    const kept = all.size <= MAX_DIRECTORIES ? all : this.#used;
    Deno.writeTextFileSync(`${this.#path}.new`, `${[HEADER, ...kept].join("\n")}\n`);
    Deno.renameSync(`${this.#path}.new`, this.#path);
  }
}

function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
