import type { RuleCase } from "../rule_case.ts";

/** One version over another. */
export const UPGRADES: Readonly<Record<string, RuleCase>> = {
  "an upgrade": {
    before: [{ name: "a", ships: { "usr/share/a/one": "1", "usr/share/a/two": "1" } }],
    add: [{ name: "a", version: "2", ships: { "usr/share/a/one": "2", "usr/share/a/three": "2" } }],
    shows: "test ! -e /usr/share/a/two",
  },
  "an upgrade that leaves a directory": {
    before: [{ name: "a", ships: { "usr/share/a/d/e/x": "1", "usr/share/b/y": "1" } }],
    add: [{ name: "a", version: "2", ships: { "usr/share/b/y": "2" } }],
    shows: "test ! -e /usr/share/a",
  },
  "an upgrade that leaves a directory with something in it": {
    before: [{ name: "a", ships: { "usr/share/a/d/x": "1" } }],
    meanwhile: "touch /usr/share/a/mine",
    add: [{ name: "a", version: "2", ships: { "usr/share/b/y": "2" } }],
    shows: "test -e /usr/share/a/mine; test ! -e /usr/share/a/d",
  },
  "an upgrade that leaves a directory of another package": {
    before: [
      { name: "a", ships: { "usr/share/d/x": "1" } },
      { name: "b", ships: { "usr/share/d/": "" } },
    ],
    add: [{ name: "a", version: "2" }],
    shows: "test -d /usr/share/d",
  },
  "an upgrade that leaves a link to a directory": {
    before: [
      { name: "a", ships: { "usr/share/l": { link: "d" }, "usr/share/x": "1" } },
      { name: "b", ships: { "usr/share/d/y": "" } },
    ],
    add: [{ name: "a", version: "2", ships: { "usr/share/x": "2" } }],
    shows: "test ! -e /usr/share/l; test -d /usr/share/d",
  },
  "a downgrade": {
    before: [{
      name: "a",
      version: "2",
      ships: { "usr/share/a/one": "2", "usr/share/a/two": "2" },
    }],
    add: [{ name: "a", version: "1", ships: { "usr/share/a/one": "1" } }],
    shows: "test ! -e /usr/share/a/two",
  },
  "the same version again": {
    before: [{ name: "a", ships: { "usr/share/a": "1" } }],
    meanwhile: "echo edited > /usr/share/a",
    add: [{ name: "a", ships: { "usr/share/a": "1" } }],
    shows: 'test "$(cat /usr/share/a)" = 1',
  },
  "an upgrade with a postinst": {
    before: [{ name: "a", ships: { "usr/share/a": "1", "usr/share/old": "" } }],
    add: [{
      name: "a",
      version: "2",
      ships: { "usr/share/a": "2" },
      control: { postinst: 'echo "$@" > /usr/share/seen' },
    }],
    shows: 'test "$(cat /usr/share/seen)" = "configure 1"',
  },
  "an upgrade of a held package's neighbour": {
    before: [{ name: "a", ships: { "usr/share/a": "1" } }, {
      name: "h",
      ships: { "usr/share/h": "" },
    }],
    meanwhile: "echo h hold | dpkg --set-selections",
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "2" } }],
    shows: "dpkg -s h | grep hold",
  },
  "an upgrade that takes a file of another package": {
    before: [
      { name: "a", ships: { "usr/share/a": "1" } },
      { name: "b", ships: { "usr/share/x": "b", "usr/share/b": "b" } },
    ],
    add: [{
      name: "a",
      version: "2",
      fields: { Replaces: "b" },
      ships: { "usr/share/a": "2", "usr/share/x": "a" },
    }],
    shows: 'test "$(cat /usr/share/x)" = a',
  },
  "a file that moves from one package to another in one set": {
    before: [
      { name: "a", ships: { "usr/share/x": "a", "usr/share/a": "a" } },
      { name: "b", ships: { "usr/share/b": "b" } },
    ],
    add: [
      {
        name: "b",
        version: "2",
        fields: { Replaces: "a (<< 2)" },
        ships: { "usr/share/b": "", "usr/share/x": "b" },
      },
      { name: "a", version: "2", ships: { "usr/share/a": "2" } },
    ],
    shows: 'test "$(cat /usr/share/x)" = b',
  },
  "a file that moves from one package to another in one set, giver first": {
    before: [
      { name: "a", ships: { "usr/share/x": "a", "usr/share/a": "a" } },
      { name: "b", ships: { "usr/share/b": "b" } },
    ],
    add: [
      { name: "a", version: "2", ships: { "usr/share/a": "2" } },
      { name: "b", version: "2", ships: { "usr/share/b": "", "usr/share/x": "b" } },
    ],
    shows: 'test "$(cat /usr/share/x)" = b',
  },
  "an upgrade whose file another package replaces": {
    before: [
      { name: "a", ships: { "usr/share/a": "1" } },
      { name: "b", fields: { Replaces: "a" }, ships: { "usr/share/x": "b" } },
    ],
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "2", "usr/share/x": "a" } }],
    shows: 'test "$(cat /usr/share/x)" = b',
  },
  "an upgrade that becomes Multi-Arch: same": {
    before: [{ name: "a", arch: "amd64", ships: { "usr/share/a": "1" }, control: { md5sums: "" } }],
    add: [{
      name: "a",
      arch: "amd64",
      version: "2",
      fields: { "Multi-Arch": "same" },
      ships: { "usr/share/a": "2" },
    }],
    shows: "test ! -e /var/lib/dpkg/info/a.list; test -e /var/lib/dpkg/info/a:amd64.list",
  },
  "an upgrade from one architecture to all": {
    before: [{ name: "a", arch: "amd64", ships: { "usr/share/a": "1", "usr/lib/a": "" } }],
    add: [{ name: "a", arch: "all", version: "2", ships: { "usr/share/a": "2" } }],
    shows: "test ! -e /usr/lib/a; dpkg -s a | grep 'Architecture: all'",
  },
  "an upgrade that loses control members": {
    before: [{
      name: "a",
      ships: { "usr/share/a": "1" },
      control: { postinst: ":", triggers: "interest x\n", shlibs: "a 1 a\n" },
    }],
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "2" } }],
    shows: "test ! -e /var/lib/dpkg/info/a.shlibs; test ! -e /var/lib/dpkg/triggers/x",
  },
  "the old scripts of an upgrade": {
    before: [{
      name: "a",
      ships: { "usr/share/a": "1", "usr/share/gone": "1" },
      control: {
        prerm: 'echo "old prerm $@ $(cat /usr/share/a)" >> /usr/share/seen',
        postrm: 'echo "old postrm $@ $(cat /usr/share/a /usr/share/gone)" >> /usr/share/seen',
      },
    }],
    add: [{
      name: "a",
      version: "2",
      ships: { "usr/share/a": "2" },
      control: { preinst: 'echo "new preinst $@ $(cat /usr/share/a)" >> /usr/share/seen' },
    }],
    shows: "grep -c . /usr/share/seen | grep -x 3",
  },
};
