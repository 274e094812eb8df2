import { FormatError } from "./error.ts";

/** One entry of a package's changelog. */
export interface ChangelogEntry {
  /** Source package. */
  readonly package: string;
  /** Its version. */
  readonly version: string;
  /** For example `unstable`. */
  readonly distributions: readonly string[];
  /** For example `urgency` to `medium`. */
  readonly options: ReadonlyMap<string, string>;
  /** Lines of the changes, without the empty ones around them. */
  readonly changes: readonly string[];
  /** Name and address of who made the entry. */
  readonly maintainer: string;
  /** Seconds since 1970; `undefined` where the date cannot be read, as in some old entries. */
  readonly date: number | undefined;
}

const HEAD = /^(\S+) \(([^()\s]+)\)((?:\s+[\w.+-]+)+)\s*;\s*(.*)$/;
const FOOT = /^ -- (.*?)(?: {2,}(\S.*))?$/;

/**
 * Read a changelog of a Debian package, newest entry first.
 *
 * What follows the last entry that can be read, such as a changelog in an older form, is left out.
 *
 * @param file Name for messages.
 * @throws {FormatError} `format/bad-changelog` with the line, if not even the first entry can be read.
 * @see deb-changelog(5)
 */
export function parseChangelog(text: string, file: string): ChangelogEntry[] {
  const entries: ChangelogEntry[] = [];
  let head: RegExpExecArray | undefined;
  let changes: string[] = [];
  const lines = text.split("\n");
  for (const [at, line] of lines.entries()) {
    const begins = HEAD.exec(line);
    const ends = FOOT.exec(line);
    if (begins) {
      head = begins;
      changes = [];
    } else if (ends && head) {
      entries.push(entry(head, changes, ends));
      head = undefined;
    } else if (head) changes.push(line.trimEnd());
    else if (line.trim() !== "" && entries.length === 0) {
      throw new FormatError(
        "format/bad-changelog",
        `Cannot read "${file}": line ${at + 1} is no entry`,
        {
          subject: file,
          hint: "An entry begins with: package (version) distribution; urgency=level",
        },
      );
    } else if (line.trim() !== "") break;
  }
  return entries;
}

function entry(head: RegExpExecArray, changes: string[], foot: RegExpExecArray): ChangelogEntry {
  const [, name, version, distributions, options] = head;
  const first = changes.findIndex((line) => line !== "");
  const last = changes.findLastIndex((line) => line !== "");
  const date = Date.parse(foot[2] ?? "");
  return {
    package: name!,
    version: version!,
    distributions: distributions!.trim().split(/\s+/),
    options: new Map(
      options!.split(",").map((option) => {
        const [key = "", value = ""] = option.trim().split("=");
        return [key.toLowerCase(), value] as const;
      }),
    ),
    changes: first < 0 ? [] : changes.slice(first, last + 1),
    maintainer: foot[1]!.trim(),
    date: Number.isFinite(date) ? Math.floor(date / 1000) : undefined,
  };
}
