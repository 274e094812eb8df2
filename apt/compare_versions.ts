/**
 * Compare two Debian versions as dpkg does.
 *
 * @returns Negative where `a` is older, positive where it is newer, 0 where both are equal.
 * @see deb-version(7)
 * @example Usage
 * ```ts
 * import { compareVersions } from "@apt-ostree/apt";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(["1.0", "1:0.1", "1.0~rc1"].toSorted(compareVersions), ["1.0~rc1", "1.0", "1:0.1"]);
 * ```
 */
export function compareVersions(a: string, b: string): number {
  const left = splitVersion(a);
  const right = splitVersion(b);
  return left.epoch - right.epoch || compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision);
}

/** The parts of a Debian version. */
export interface VersionParts {
  /** 0 where none is written. */
  readonly epoch: number;
  /** Upstream version. */
  readonly upstream: string;
  /** "" for native packages. */
  readonly revision: string;
}

/** Take a version apart. */
export function splitVersion(version: string): VersionParts {
  const colon = version.indexOf(":");
  const rest = version.slice(colon + 1);
  const hyphen = rest.lastIndexOf("-");
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)) || 0,
    upstream: hyphen < 0 ? rest : rest.slice(0, hyphen),
    revision: hyphen < 0 ? "" : rest.slice(hyphen + 1),
  };
}

function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = order(a, i) - order(b, j);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    while (a[i] === "0") i++;
    while (b[j] === "0") j++;
    let first = 0;
    while (isDigit(a, i) && isDigit(b, j)) {
      if (first === 0) first = a.charCodeAt(i) - b.charCodeAt(j);
      i++;
      j++;
    }
    if (isDigit(a, i)) return 1;
    if (isDigit(b, j)) return -1;
    if (first !== 0) return first;
  }
  return 0;
}

/** `~` sorts before the end, the end before letters, letters before everything else. */
function order(text: string, at: number): number {
  const char = text[at];
  if (char === undefined || isDigit(text, at)) return 0;
  if (char === "~") return -1;
  return /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
