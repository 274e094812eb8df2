import { assertEquals } from "@std/assert";
import { pathFilter, WITHOUT_DOCUMENTATION } from "./path_filter.ts";

const FILES = [
  ["usr/bin/vim", true],
  ["usr/share/doc/vim/copyright", true],
  ["usr/share/doc/vim/changelog.Debian.gz", false],
  ["usr/share/doc/vim/examples/copyright", true],
  ["usr/share/man/man1/vim.1.gz", false],
  ["usr/share/manpages.conf", true],
] as const;

Deno.test.each(FILES)("WITHOUT_DOCUMENTATION decides about %s", (path, kept) => {
  assertEquals(WITHOUT_DOCUMENTATION.keepsFile(path), kept);
});

Deno.test("WITHOUT_DOCUMENTATION opens only directories that it must look into", () => {
  const verdicts = ["usr", "usr/share", "usr/lib", "usr/share/doc", "usr/share/doc/vim"]
    .concat("usr/share/man", "usr/share/man/man1").map(WITHOUT_DOCUMENTATION.directory);
  assertEquals(verdicts, ["descend", "descend", "keep", "descend", "descend", "descend", "drop"]);
});

// From fnmatch(3): no flags, so that a wildcard goes over slashes and leading dots.
const PATTERNS = [
  ["/usr/share/doc/*", "usr/share/doc/a/b", true],
  ["/usr/share/doc/*", "usr/share/doc", false],
  ["/usr/*/x", "usr/a/b/x", true],
  ["/usr/?", "usr//", true],
  ["/usr/[ab]", "usr/b", true],
  ["/usr/[!ab]", "usr/b", false],
  ["/usr/[]]", "usr/]", true],
  ["/usr/[a-c]x", "usr/bx", true],
  ["/usr/\\*", "usr/*", true],
  ["/usr/\\*", "usr/a", false],
  ["/usr/a.b", "usr/axb", false],
  ["/usr/ä?", "usr/äö", true],
] as const;

Deno.test.each(PATTERNS)("pathFilter() with %s leaves out %s: %s", (pattern, path, out) => {
  assertEquals(pathFilter("", [{ action: "exclude", pattern }]).keepsFile(path), !out);
});
