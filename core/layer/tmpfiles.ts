import type { VarEntry } from "../compose/postprocess/tmpfiles_lines.ts";

/**
 * Read tmpfiles.d lines that make directories, links and copies; all others are passed over.
 *
 * Lines with specifiers, which only a running system can fill in, are passed over too. An owner or mode
 * that is left out is root's and 0755 for directories, 0644 for files.
 *
 * @see tmpfiles.d(5)
 */
export function parseTmpfiles(text: string): VarEntry[] {
  const entries: VarEntry[] = [];
  for (const line of text.split("\n")) {
    const [type = "", path, mode = "-", user = "-", group = "-", , argument = ""] = splitWords(
      line,
    );
    if (path === undefined || !path.startsWith("/")) continue;
    const owner = { user: user === "-" ? "root" : user, group: group === "-" ? "root" : group };
    const bits = (otherwise: number) =>
      /^[~:]*[0-7]{3,4}$/.test(mode) ? parseInt(mode.replace(/^[~:]+/, ""), 8) : otherwise;
    const place = plain(path)?.replace(/(.)\/+$/, "$1");
    const target = plain(argument);
    if (place === undefined || target === undefined) continue;
    switch (type.replace(/[+!=~^$-]/g, "")) {
      case "d":
      case "D":
      case "v":
      case "q":
      case "Q":
        entries.push({ type: "directory", path: place, mode: bits(0o755), ...owner });
        break;
      case "L":
        if (target !== "") entries.push({ type: "symlink", path: place, target });
        break;
      case "C":
        if (target === "") break;
        entries.push({ type: "file", path: place, mode: bits(0o644), ...owner, source: target });
    }
  }
  return entries;
}

/** Words of a line: the first six may be quoted, the seventh is the rest. */
function splitWords(line: string): string[] {
  const words: string[] = [];
  let rest = line.trimStart();
  if (rest.startsWith("#")) return [];
  while (rest !== "" && words.length < 6) {
    const found = /^(?:"((?:[^"\\]|\\.)*)"|(\S+))(?:\s+|$)/.exec(rest);
    if (!found) break;
    words.push(found[1] === undefined ? found[2]! : unescape(found[1]));
    rest = rest.slice(found[0].length);
  }
  if (rest !== "") words.push(rest);
  return words;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) => ({ n: "\n", t: "\t" })[char] ?? char);
}

/** Text without `%%`; `undefined` where it has a specifier. */
function plain(text: string): string | undefined {
  return /%[^%]|%$/.test(text.replaceAll("%%", "")) ? undefined : text.replaceAll("%%", "%");
}
