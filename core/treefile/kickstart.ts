import { TreefileError } from "./error.ts";

/** What a kickstart file says, as fields of a treefile. */
export interface KickstartFields {
  /** Files of `%include`, in order. */
  readonly include: readonly string[];
  /** Packages to install. */
  readonly packages: readonly string[];
  /** Packages with a minus before them. */
  readonly excludePackages: readonly string[];
  /** Whether a section says `--exclude-weakdeps`. */
  readonly excludeWeakdeps: boolean;
}

/** How many files one file may include. */
const MAX_INCLUDES = 256;

/**
 * Read the part of kickstart that names packages: `%include PATH`, and sections `%packages
 * [--exclude-weakdeps]` to `%end` with a package a line, a minus before what must not come in.
 *
 * @param includedBy What messages say about the files that include this one. @default {""}
 * @throws {TreefileError} `treefile/syntax` with the line; everything else of kickstart is refused.
 */
export function parseKickstart(text: string, path: string, includedBy = ""): KickstartFields {
  const fail = (line: number, what: string): never => {
    throw new TreefileError(
      "treefile/syntax",
      `Cannot read treefile ${path}:${line}${includedBy}: ${what}`,
      { subject: path, hint: "Of kickstart, %include and %packages to %end are read" },
    );
  };
  const include: string[] = [];
  const packages: string[] = [];
  const excludePackages: string[] = [];
  let excludeWeakdeps = false;
  let section: number | undefined;
  const lines = text.split("\n");
  for (const [at, raw] of lines.entries()) {
    const line = raw.replace(/#.*/, "").trim();
    if (line === "") continue;
    const [verb = "", ...rest] = line.split(/\s+/);
    if (section !== undefined) {
      if (verb === "%end") section = undefined;
      else if (verb.startsWith("%")) fail(at + 1, `"${verb}" stands inside %packages`);
      else if (rest.length > 0) fail(at + 1, `"${line}" is more than one package`);
      else if (verb.startsWith("-")) excludePackages.push(verb.slice(1));
      else packages.push(verb);
    } else if (verb === "%include") {
      if (rest.length !== 1) fail(at + 1, "%include takes one path");
      include.push(rest[0]!);
      if (include.length > MAX_INCLUDES) fail(at + 1, `it includes over ${MAX_INCLUDES} files`);
    } else if (verb === "%packages") {
      const unknown = rest.find((option) => option !== "--exclude-weakdeps");
      if (unknown !== undefined) fail(at + 1, `there is no option "${unknown}"`);
      if (rest.length > 0) excludeWeakdeps = true;
      section = at + 1;
    } else fail(at + 1, `"${verb}" is not known here`);
  }
  if (section !== undefined) fail(section, "%packages has no %end");
  return { include, packages, excludePackages, excludeWeakdeps };
}
