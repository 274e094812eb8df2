import type { RuleCase } from "../rule_case.ts";

/** Directories and links to directories, and the names of a merged /usr. */
export const LINKS: Readonly<Record<string, RuleCase>> = {
  "a link where a directory is": {
    prepare: "mkdir -p /usr/share/d /usr/share/real",
    add: [{ name: "a", ships: { "usr/share/d": { link: "real" } } }],
    shows: "test -d /usr/share/d; test ! -L /usr/share/d",
  },
  "a directory where a link to one is": {
    prepare: "mkdir /usr/share/real; ln -s real /usr/share/d",
    add: [{ name: "a", ships: { "usr/share/d/x": "a" } }],
    shows: "test -L /usr/share/d; test -f /usr/share/real/x",
  },
  "a directory where a package has a link to one": {
    before: [{ name: "a", ships: { "usr/share/real/": "", "usr/share/d": { link: "real" } } }],
    add: [{ name: "b", ships: { "usr/share/d/x": "b" } }],
    shows: "test -L /usr/share/d; test -f /usr/share/real/x",
  },
  "a link to a directory where a package has the directory": {
    before: [{ name: "a", ships: { "usr/share/real/": "", "usr/share/d/x": "" } }],
    add: [{ name: "b", ships: { "usr/share/d": { link: "real" } } }],
    shows: "test ! -L /usr/share/d",
  },
  "a directory where a dangling link is": {
    prepare: "ln -s nowhere /usr/share/d",
    add: [{ name: "a", ships: { "usr/share/d/x": "a" } }],
    shows: "test ! -L /usr/share/d; test -f /usr/share/d/x",
  },
  "a directory where a package has a dangling link": {
    before: [{ name: "a", ships: { "usr/share/d": { link: "nowhere" } } }],
    add: [{ name: "b", ships: { "usr/share/d/x": "b" } }],
    refused: /"\/usr\/share\/d" should be a directory and is a file of "a" 1$/,
  },
  "another link to the same directory": {
    before: [{ name: "a", ships: { "usr/share/real/": "", "usr/share/d": { link: "real" } } }],
    add: [{ name: "b", ships: { "usr/share/d": { link: "/usr/share/real" } } }],
    shows: 'test "$(readlink /usr/share/d)" = real',
  },
  "a link to another directory": {
    before: [{
      name: "a",
      ships: { "usr/share/one/": "", "usr/share/two/": "", "usr/share/d": { link: "one" } },
    }],
    add: [{ name: "b", ships: { "usr/share/d": { link: "two" } } }],
    refused: /"\/usr\/share\/d" belongs to "a" 1$/,
  },
  "a file below a link of the same set": {
    add: [
      { name: "a", ships: { "usr/share/real/": "", "usr/share/d": { link: "real" } } },
      { name: "b", ships: { "usr/share/d/x": "b" } },
    ],
    shows: "test -f /usr/share/real/x",
  },
  "one file by two names through a link": {
    prepare: "mkdir /usr/share/real; ln -s real /usr/share/d",
    before: [{ name: "a", ships: { "usr/share/real/x": "a" } }],
    add: [{ name: "b", ships: { "usr/share/d/x": "b" } }],
    shows: 'test "$(cat /usr/share/real/x)" = b',
  },
  "files without /usr": {
    add: [{
      name: "a",
      ships: {
        "bin/a": "",
        "sbin/a": "",
        "lib/a/x": "",
        "lib64/a": "",
        "lib/systemd/system/a.service": "",
      },
    }],
    shows: "dpkg -S /bin/a; ! dpkg -S /usr/bin/a; dpkg -L a | grep -x /lib64/a; test -f /usr/bin/a",
  },
  "one file with and without /usr in two packages": {
    before: [{ name: "a", ships: { "bin/x": "short" } }],
    add: [{ name: "b", ships: { "usr/bin/x": "long" } }],
    shows: "dpkg -S /bin/x | grep ^a:; dpkg -S /usr/bin/x | grep ^b:",
  },
  "one file without /usr in two packages": {
    before: [{ name: "a", ships: { "bin/x": "a" } }],
    add: [{ name: "b", ships: { "bin/x": "b" } }],
    refused: /^Cannot lay out "b" 1: "\/bin\/x" belongs to "a" 1$/,
  },
  "a file without /usr over one that it replaces": {
    before: [{ name: "a", ships: { "bin/x": "a", "bin/y": "a" } }],
    add: [{ name: "b", fields: { Replaces: "a" }, ships: { "bin/x": "b" } }],
    shows: "dpkg -S /bin/x | grep ^b:",
  },
  "a move to /usr within an upgrade": {
    before: [{ name: "a", ships: { "bin/x": "1", "lib/a/y": "1" } }],
    add: [{ name: "a", version: "2", ships: { "usr/bin/x": "2", "usr/lib/a/y": "2" } }],
    shows: "test -f /usr/bin/x; dpkg -S /usr/bin/x",
  },
  "a move out of /usr within an upgrade": {
    before: [{ name: "a", ships: { "usr/bin/x": "1", "usr/lib/a/y": "1" } }],
    add: [{ name: "a", version: "2", ships: { "bin/x": "2", "lib/a/y": "2" } }],
    shows: "test -f /usr/bin/x; dpkg -S /bin/x",
  },
  "a directory below /lib where another package has a link": {
    before: [{ name: "a", ships: { "usr/lib/real/": "", "usr/lib/d": { link: "real" } } }],
    add: [{ name: "b", ships: { "lib/d/x": "b" } }],
    shows: "test -L /usr/lib/d; test -f /usr/lib/real/x",
  },
  "a conffile by an alias": {
    add: [{
      name: "a",
      ships: { "lib/a.conf": "c\n" },
      control: { conffiles: "/lib/a.conf\n" },
    }],
    shows: "test -f /usr/lib/a.conf",
  },
  "an upgrade from a directory to a link": {
    before: [{ name: "a", ships: { "usr/share/d/x": "", "usr/share/real/": "" } }],
    add: [{
      name: "a",
      version: "2",
      ships: { "usr/share/d": { link: "real" }, "usr/share/real/x": "" },
    }],
    shows: "test ! -L /usr/share/d",
  },
  "an upgrade from a link to a directory": {
    before: [{ name: "a", ships: { "usr/share/d": { link: "real" }, "usr/share/real/x": "" } }],
    add: [{ name: "a", version: "2", ships: { "usr/share/d/x": "2" } }],
    shows: "test -L /usr/share/d",
  },
  "an upgrade from a file to a directory": {
    before: [{ name: "a", ships: { "usr/share/d": "1" } }],
    add: [{ name: "a", version: "2", ships: { "usr/share/d/x": "2" } }],
    shows: "test -f /usr/share/d/x",
  },
  "an upgrade from a directory to a file": {
    before: [{ name: "a", ships: { "usr/share/d/x": "1" } }],
    add: [{ name: "a", version: "2", ships: { "usr/share/d": "2" } }],
    shows: "test -f /usr/share/d",
  },
  "symlink_to_dir of dpkg-maintscript-helper": {
    before: [{ name: "a", ships: { "usr/share/d": { link: "real" }, "usr/share/real/x": "1" } }],
    add: [{
      name: "a",
      version: "2",
      ships: { "usr/share/d/x": "2" },
      control: Object.fromEntries(
        ["preinst", "postinst", "postrm"].map((name) => [
          name,
          'dpkg-maintscript-helper symlink_to_dir /usr/share/d real 2~ -- "$@"',
        ]),
      ),
    }],
    shows: "test ! -L /usr/share/d; test -f /usr/share/d/x; test ! -e /usr/share/real",
  },
  "dir_to_symlink of dpkg-maintscript-helper": {
    before: [{ name: "a", ships: { "usr/share/d/x": "1", "usr/share/real/": "" } }],
    add: [{
      name: "a",
      version: "2",
      ships: { "usr/share/d": { link: "real" }, "usr/share/real/x": "2" },
      control: Object.fromEntries(
        ["preinst", "postinst", "postrm"].map((name) => [
          name,
          'dpkg-maintscript-helper dir_to_symlink /usr/share/d real 2~ -- "$@"',
        ]),
      ),
    }],
    shows: "test -L /usr/share/d; test -f /usr/share/d/x",
  },
};
