import type { PathRule } from "../../../../core/assemble/path_filter.ts";
import type { RuleCase } from "../rule_case.ts";

const exclude = (pattern: string): PathRule => ({ action: "exclude", pattern });
const include = (pattern: string): PathRule => ({ action: "include", pattern });
const DOCUMENTED = {
  name: "a",
  ships: {
    "usr/bin/a": "",
    "usr/share/doc/a/copyright": "free",
    "usr/share/doc/a/changelog": "1",
    "usr/share/doc/a/examples/one": "1",
    "usr/share/doc/a/l": { link: "changelog" },
    "usr/share/doc/b": { link: "a" },
    "usr/share/man/man1/a.1": "1",
    "usr/share/man/de/man1/a.1": "1",
    "usr/share/locale/de/x": "",
    "usr/share/locale/fr/x": "",
  },
};

/** `path-exclude` and `path-include`. */
export const PATH_RULES: Readonly<Record<string, RuleCase>> = {
  "excluded manuals": {
    rules: [exclude("/usr/share/man/*")],
    add: [DOCUMENTED],
    shows: "test ! -e /usr/share/man/man1/a.1; grep man1/a.1 /var/lib/dpkg/info/a.list",
  },
  "documentation but for licences": {
    rules: [exclude("/usr/share/doc/*"), include("/usr/share/doc/*/copyright")],
    add: [DOCUMENTED],
    shows: "test -f /usr/share/doc/a/copyright; test ! -e /usr/share/doc/a/changelog",
  },
  "locales but for one": {
    rules: [exclude("/usr/share/locale/*"), include("/usr/share/locale/de/*")],
    add: [DOCUMENTED],
    shows: "test -f /usr/share/locale/de/x; test ! -e /usr/share/locale/fr/x",
  },
  "patterns of other kinds": {
    rules: [exclude("/usr/share/doc/a/[!c]*"), exclude("/usr/share/man/man?"), exclude("*/fr/*")],
    add: [{
      ...DOCUMENTED,
      ships: { "usr/share/doc/a/x": "", "usr/share/doc/a/c": "", "usr/share/fr/y": "" },
    }],
    shows: "test -f /usr/share/doc/a/c; test ! -e /usr/share/doc/a/x",
  },
  "an include before the exclude": {
    rules: [include("/usr/share/doc/a/copyright"), exclude("/usr/share/doc/*")],
    add: [DOCUMENTED],
    shows: "test ! -e /usr/share/doc/a/copyright",
  },
  "a package without digests of its own": {
    rules: [exclude("/usr/share/x*")],
    add: [{ name: "a", ships: { "usr/share/x1": "1", "usr/share/y": "2" } }],
    shows: "test ! -e /usr/share/x1; ! grep x1 /var/lib/dpkg/info/a.md5sums",
  },
  "an excluded file of a package that is there": {
    before: [DOCUMENTED],
    rules: [exclude("/usr/share/doc/*")],
    add: [{ ...DOCUMENTED, version: "2" }],
    shows: "test ! -e /usr/share/doc/a/changelog",
  },
};
