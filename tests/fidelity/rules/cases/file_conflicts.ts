import type { RuleCase } from "../rule_case.ts";

const REPLACES = (what: string) => ({ Replaces: what });

/** Two packages that ship one path. */
export const FILE_CONFLICTS: Readonly<Record<string, RuleCase>> = {
  "a package of files, directories and links": {
    add: [{
      name: "a",
      ships: {
        "usr/share/a/": "",
        "usr/share/a/one": "1\n",
        "usr/bin/a": "#!/bin/sh\n",
        "usr/share/a/link": { link: "one" },
      },
    }],
    shows: "test -x /usr/bin/a",
  },
  "a file of two packages": {
    add: [{ name: "a", ships: { "usr/share/x": "a" } }, {
      name: "b",
      ships: { "usr/share/x": "b" },
    }],
    refused: /^Cannot lay out "b" 1: "\/usr\/share\/x" belongs to "a" 1$/,
  },
  "an equal file of two packages": {
    add: [{ name: "a", ships: { "usr/share/x": "a" } }, {
      name: "b",
      ships: { "usr/share/x": "a" },
    }],
    refused: /^Cannot lay out "b" 1: "\/usr\/share\/x" belongs to "a" 1$/,
  },
  "a file of a package that was there before": {
    before: [{ name: "a", version: "2:1-3", ships: { "usr/share/x": "a" } }],
    add: [{ name: "b", ships: { "usr/share/x": "b" } }],
    refused: /^Cannot lay out "b" 1: "\/usr\/share\/x" belongs to "a" 2:1-3$/,
  },
  "a file of an essential package": {
    add: [{ name: "b", ships: { "usr/bin/dpkg": "b" } }],
    refused: /^Cannot lay out "b" 1: "\/usr\/bin\/dpkg" belongs to "dpkg" /,
  },
  "a link where another package has a file": {
    before: [{ name: "a", ships: { "usr/share/x": "a" } }],
    add: [{ name: "b", ships: { "usr/share/x": { link: "y" } } }],
    refused: /"\/usr\/share\/x" belongs to "a" 1$/,
  },
  "a file that no package has": {
    prepare: "mkdir /usr/share/d; echo mine > /usr/share/d/x; chmod 600 /usr/share/d/x",
    add: [{ name: "a", ships: { "usr/share/d/x": "a" } }],
    shows: 'test "$(cat /usr/share/d/x)" = a',
  },
  "a directory where no package has a file": {
    prepare: "echo mine > /usr/share/x",
    add: [{ name: "a", ships: { "usr/share/x/y": "a" } }],
    shows: "test -f /usr/share/x/y",
  },
  "a file where no package has a directory": {
    prepare: "mkdir /usr/share/x; echo mine > /usr/share/x/y",
    add: [{ name: "a", ships: { "usr/share/x": "a" } }],
    shows: "test -f /usr/share/x",
  },
  "a file over another package's, which Replaces allows": {
    before: [{ name: "a", ships: { "usr/share/x": "a", "usr/share/y": "a" } }],
    add: [{ name: "b", fields: REPLACES("a"), ships: { "usr/share/x": "b" } }],
    shows: "test $(dpkg -S /usr/share/x) = b: || dpkg -S /usr/share/x | grep -x 'b: /usr/share/x'",
  },
  "a file that a later package of the same set takes over": {
    add: [
      { name: "a", ships: { "usr/share/x": "a", "usr/share/y": "a" } },
      { name: "b", fields: REPLACES("c, a (<< 2)"), ships: { "usr/share/x": "b" } },
    ],
    shows: 'test "$(cat /usr/share/x)" = b',
  },
  "a file that an earlier package of the same set keeps": {
    add: [
      { name: "b", fields: REPLACES("a"), ships: { "usr/share/x": "b" } },
      { name: "a", ships: { "usr/share/x": "a", "usr/share/y": "a" } },
    ],
    shows: 'test "$(cat /usr/share/x)" = b',
  },
  "a Replaces for an older version than the one there": {
    before: [{ name: "a", version: "2", ships: { "usr/share/x": "a" } }],
    add: [{ name: "b", fields: REPLACES("a (<< 2)"), ships: { "usr/share/x": "b" } }],
    refused: /"\/usr\/share\/x" belongs to "a" 2$/,
  },
  "a Replaces of a name that is only provided": {
    before: [{ name: "a", fields: { Provides: "virtual" }, ships: { "usr/share/x": "a" } }],
    add: [{ name: "b", fields: REPLACES("virtual"), ships: { "usr/share/x": "b" } }],
    refused: /"\/usr\/share\/x" belongs to "a" 1$/,
  },
  "packages that each replace the other": {
    before: [{
      name: "a",
      fields: REPLACES("b"),
      ships: { "usr/share/x": "a", "usr/share/y": "a" },
    }],
    add: [{ name: "b", fields: REPLACES("a"), ships: { "usr/share/x": "b", "usr/share/z": "b" } }],
    shows: 'test "$(cat /usr/share/x)" = b',
  },
  "a third package over what a second took from a first": {
    before: [
      { name: "a", ships: { "usr/share/x": "a", "usr/share/a": "a" } },
      { name: "b", fields: REPLACES("a"), ships: { "usr/share/x": "b", "usr/share/b": "b" } },
    ],
    add: [{ name: "c", fields: REPLACES("b"), ships: { "usr/share/x": "c" } }],
    shows: 'test "$(cat /usr/share/x)" = c',
  },
  "a chain of takeovers in one set": {
    add: [
      { name: "a", ships: { "usr/share/x": "a", "usr/share/a": "a" } },
      { name: "b", fields: REPLACES("a"), ships: { "usr/share/x": "b", "usr/share/b": "b" } },
      { name: "c", fields: REPLACES("b"), ships: { "usr/share/x": "c" } },
    ],
    shows: 'test "$(cat /usr/share/x)" = c',
  },
  "a package that another takes over completely": {
    before: [{ name: "old", ships: { "usr/share/old/x": "1", "usr/share/old/y": "2" } }],
    add: [{
      name: "new",
      fields: REPLACES("old"),
      ships: { "usr/share/old/x": "3", "usr/share/old/y": "4" },
    }],
    shows: "! dpkg -s old 2> /dev/null",
  },
  "a package taken over completely that something depends on": {
    before: [
      { name: "old", ships: { "usr/share/old/x": "1" } },
      { name: "user", fields: { Depends: "old" } },
    ],
    add: [{ name: "new", fields: REPLACES("old"), ships: { "usr/share/old/x": "3" } }],
    shows: "dpkg -s old > /dev/null",
  },
  "a package taken over completely whose dependants the new one serves": {
    before: [
      { name: "old", ships: { "usr/share/old/x": "1" } },
      { name: "user", fields: { Depends: "old" } },
    ],
    add: [{
      name: "new",
      fields: { Replaces: "old", Provides: "old" },
      ships: { "usr/share/old/x": "3" },
    }],
    shows: "! dpkg -s old 2> /dev/null",
  },
  "a package of one set taken over completely by another of it": {
    add: [
      { name: "old", ships: { "usr/share/old/x": "1" }, control: { conffiles: "" } },
      { name: "new", fields: REPLACES("old"), ships: { "usr/share/old/x": "3" } },
    ],
    shows: "! dpkg -s old 2> /dev/null",
  },
  "a directory that another package has as a file": {
    before: [{ name: "a", ships: { "usr/share/x": "a" } }],
    add: [{ name: "b", ships: { "usr/share/x/y": "b" } }],
    refused:
      /^Cannot lay out "b" 1: "\/usr\/share\/x" should be a directory and is a file of "a" 1$/,
  },
  "a file that another package has as a directory": {
    before: [{ name: "a", ships: { "usr/share/x/y": "a" } }],
    add: [{ name: "b", ships: { "usr/share/x": "b" } }],
    refused: /^Cannot lay out "b" 1: "\/usr\/share\/x" is a directory of "a" 1$/,
  },
  "a directory over another package's file, which Replaces allows": {
    before: [{ name: "a", ships: { "usr/share/x": "a", "usr/share/y": "a" } }],
    add: [{ name: "b", fields: REPLACES("a"), ships: { "usr/share/x/y": "b" } }],
    shows: "test -f /usr/share/x/y",
  },
  "the postrm of a package that another takes over completely": {
    before: [{
      name: "old",
      ships: { "usr/share/old/x": "1" },
      control: { postrm: 'echo "$@" >> /usr/share/seen' },
    }],
    add: [{
      name: "new",
      version: "3",
      fields: REPLACES("old"),
      ships: { "usr/share/old/x": "3" },
    }],
    shows: "grep -x 'disappear new 3' /usr/share/seen",
  },
};
