import { Buffer } from "node:buffer";
import { readXattrs } from "@apt-ostree/base";

/** What two trees can differ in at one path. */
export type Aspect =
  /** Only the other tree has the path. */
  | "missing"
  /** Only our tree has the path. */
  | "extra"
  | "type"
  | "mode"
  | "owner"
  | "target"
  | "xattrs"
  | "content";

/** One difference. */
export interface Difference {
  /** Absolute path inside the trees. */
  readonly path: string;
  readonly aspect: Aspect;
  /** What we have and what the other tree has, in words. */
  readonly detail: string;
  /** For content of text: all lines that only one of the two has. */
  readonly lines?: readonly string[];
}

/** What a comparison found. */
export interface Comparison {
  /** Paths that were looked at in both trees. */
  readonly compared: number;
  readonly differences: readonly Difference[];
}

/**
 * Compare two directories path by path: type, mode, owner, link target, extended attributes and every
 * byte. Times and hard links are not looked at, since a commit has neither.
 */
export function compareTrees(ours: string, theirs: string): Comparison {
  const differences: Difference[] = [];
  let compared = 0;
  const visit = (path: string) => {
    compared++;
    const [a, b] = [`${ours}${path}`, `${theirs}${path}`];
    const [infoA, infoB] = [Deno.lstatSync(a), Deno.lstatSync(b)];
    const differ = (aspect: Aspect, mine: unknown, other: unknown) =>
      differences.push({
        path: path === "" ? "/" : path,
        aspect,
        detail: `${mine}, there: ${other}`,
      });
    const [typeA, typeB] = [typeOf(infoA), typeOf(infoB)];
    if (typeA !== typeB) {
      differ("type", typeA, typeB);
      return;
    }
    const mode = (info: Deno.FileInfo) => ((info.mode ?? 0) & 0o7777).toString(8).padStart(4, "0");
    if (typeA !== "link" && mode(infoA) !== mode(infoB)) differ("mode", mode(infoA), mode(infoB));
    const owner = (info: Deno.FileInfo) => `${info.uid}:${info.gid}`;
    if (owner(infoA) !== owner(infoB)) differ("owner", owner(infoA), owner(infoB));
    const [xattrsA, xattrsB] = [xattrsOf(a), xattrsOf(b)];
    if (xattrsA !== xattrsB) differ("xattrs", xattrsA || "none", xattrsB || "none");
    if (typeA === "link") {
      const [targetA, targetB] = [Deno.readLinkSync(a), Deno.readLinkSync(b)];
      if (targetA !== targetB) differ("target", targetA, targetB);
    } else if (typeA === "file") {
      const found = compareFiles(a, infoA, b, infoB);
      if (found) differences.push({ path, aspect: "content", ...found });
    } else if (typeA === "directory") {
      const [namesA, namesB] = [namesIn(a), namesIn(b)];
      for (const name of [...new Set([...namesA, ...namesB])].sort()) {
        const child = `${path}/${name}`;
        if (!namesB.has(name)) {
          differences.push({ path: child, aspect: "extra", detail: describe(`${ours}${child}`) });
        } else if (!namesA.has(name)) {
          const detail = describe(`${theirs}${child}`);
          differences.push({ path: child, aspect: "missing", detail });
        } else visit(child);
      }
    }
  };
  visit("");
  return { compared, differences };
}

function namesIn(dir: string): Set<string> {
  return new Set([...Deno.readDirSync(dir)].map(({ name }) => name));
}

function typeOf(info: Deno.FileInfo): string {
  if (info.isSymlink) return "link";
  if (info.isDirectory) return "directory";
  if (info.isFile) return "file";
  return info.isCharDevice || info.isBlockDevice ? `device ${info.rdev}` : "FIFO or socket";
}

function describe(path: string): string {
  const info = Deno.lstatSync(path);
  return `${typeOf(info)} ${((info.mode ?? 0) & 0o7777).toString(8)} ${info.uid}:${info.gid}`;
}

function xattrsOf(path: string): string {
  return readXattrs(path).map(([name, value]) => `${name}=${value.toHex()}`).join(" ");
}

/** The difference between two files; `undefined` where they are equal. */
function compareFiles(
  a: string,
  infoA: Deno.FileInfo,
  b: string,
  infoB: Deno.FileInfo,
): Pick<Difference, "detail" | "lines"> | undefined {
  if (infoA.size === 0 && infoB.size === 0) return undefined;
  const [bytesA, bytesB] = [Deno.readFileSync(a), Deno.readFileSync(b)];
  if (equal(bytesA, bytesB)) return undefined;
  if (bytesA.includes(0) || bytesB.includes(0)) {
    return { detail: `${bytesA.length} bytes, there: ${bytesB.length} bytes` };
  }
  const lines = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split("\n");
  const [linesA, linesB] = [lines(bytesA), lines(bytesB)];
  const [setA, setB] = [new Set(linesA), new Set(linesB)];
  const onlyA = linesA.filter((line) => !setB.has(line));
  const onlyB = linesB.filter((line) => !setA.has(line));
  const all = [...onlyA, ...onlyB];
  if (all.length === 0) return { detail: "the same lines in another order" };
  const short = (found: string[]) => {
    const more = found.length > 3 ? ` and ${found.length - 3} more` : "";
    return `${JSON.stringify(found.slice(0, 3).map((line) => line.slice(0, 120)))}${more}`;
  };
  return { detail: `lines ${short(onlyA)}, there: ${short(onlyB)}`, lines: all };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  return Buffer.compare(a, b) === 0;
}
