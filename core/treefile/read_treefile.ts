import { createHash } from "node:crypto";
import { compareNames } from "@apt-ostree/ostree";
import { basename, dirname, resolve } from "@std/path";
import { TreefileError } from "./error.ts";
import { mergeFields } from "./merge_fields.ts";
import { toTreefile } from "./to_treefile.ts";
import type { Treefile, TreefileFile } from "./treefile.ts";

/** A treefile and what it was made of. */
export interface ReadTreefile {
  /** The treefile. */
  readonly treefile: Treefile;
  /** Directory of the outermost file, where `repos` are looked for. */
  readonly directory: string;
  /** SHA-256 over all that the treefile says and the files it names, the same for the same meaning. */
  readonly digest: string;
  /** Programs in the directory `finalize.d` beside the outermost file, by name. */
  readonly finalizers: readonly TreefileFile[];
  /** Fields that have no effect here, and why. */
  readonly warnings: readonly string[];
}

/**
 * Read a treefile with all that it includes.
 *
 * @param path A `.yaml` or `.yml` file, in which unknown fields are an error, a `.ks` file, or JSON, in
 * which they are not.
 * @param basearch The kernel's name of the architecture to compose for.
 * @throws {TreefileError} With file, line and column.
 */
export function readTreefile(path: string, basearch: string): ReadTreefile {
  const fields = mergeFields(path, basearch);
  const treefile = toTreefile(fields, basearch, path);
  const digestOf = (file: TreefileFile) => {
    const bytes = readTreefileFile(file, fields.filePlaces.get(file.path));
    return createHash("sha256").update(bytes).digest("hex");
  };
  // A file counts by what is in it; who signs the commit does not decide about it.
  const text = JSON.stringify(
    { ...treefile, sign: [] },
    (_, value) => isFile(value) && fields.filePlaces.has(value.path) ? digestOf(value) : value,
  );
  const directory = dirname(resolve(path));
  const finalizers = findFinalizers(directory);
  const hash = createHash("sha256").update(text);
  for (const file of finalizers) {
    hash.update(`\0${basename(file.path)}\0${digestOf(file)}`);
  }
  const digest = hash.digest("hex");
  return { treefile, directory, digest, finalizers, warnings: fields.warnings };
}

/** Programs that have the last word about a tree; what cannot be executed is none. */
function findFinalizers(directory: string): TreefileFile[] {
  const place = `${directory}/finalize.d`;
  return namesIn(place).sort(compareNames).map((name) => ({ path: `${place}/${name}` }))
    .filter(isProgram);
}

function isProgram(file: TreefileFile): boolean {
  try {
    const info = Deno.statSync(file.path);
    return info.isFile && ((info.mode ?? 0) & 0o111) !== 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) readTreefileFile(file); // a link that leads nowhere
    throw error;
  }
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch (error) {
    // A file of that name is no directory of programs.
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!none) throw error;
    return [];
  }
}

/**
 * Bytes of a file that a treefile names.
 *
 * @param place Where it is named, for messages.
 * @throws {TreefileError} `treefile/not-found`.
 */
export function readTreefileFile({ path }: TreefileFile, place?: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "it does not exist"
      : String(cause).replace(/^\w+: /, "");
    throw new TreefileError(
      "treefile/not-found",
      `Cannot read "${path}"${place === undefined ? "" : `, named at ${place}`}: ${why}`,
      { subject: path, hint: "Files are looked for beside the treefile that names them", cause },
    );
  }
}

function isFile(value: unknown): value is TreefileFile {
  return typeof value === "object" && value !== null && "path" in value &&
    Object.keys(value).length === 1;
}
