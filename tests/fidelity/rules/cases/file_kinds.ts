import type { RuleCase } from "../rule_case.ts";

/** What a package may ship. */
export const FILE_KINDS: Readonly<Record<string, RuleCase>> = {
  "modes and set-id bits": {
    add: [{
      name: "a",
      ships: {
        "usr/share/d/": { mode: 0o2775 },
        "usr/share/t/": { mode: 0o1777 },
        "usr/share/d/suid": { mode: 0o4755 },
        "usr/share/d/none": { mode: 0 },
        "usr/share/d/all": { mode: 0o7777 },
      },
    }],
    shows: 'test "$(stat -c %a /usr/share/d/all)" = 7777',
  },
  "owners by number": {
    add: [{
      name: "a",
      ships: {
        "usr/share/d/": { uid: 5, gid: 6, user: "", group: "" },
        "usr/share/d/x": { uid: 1234, gid: 4321, user: "", group: "" },
        "usr/share/d/l": { link: "x", uid: 12, gid: 34, user: "", group: "" },
      },
    }],
    shows: 'test "$(stat -c %u:%g /usr/share/d/x)" = 1234:4321',
  },
  "owners by name with another number than here": {
    add: [{
      name: "a",
      ships: {
        "usr/share/d/": { uid: 505, gid: 606, user: "man", group: "games" },
        "usr/share/d/x": { uid: 505, gid: 606, user: "man", group: "games", mode: 0o6755 },
        "usr/share/d/l": { link: "x", uid: 505, gid: 606, user: "man", group: "games" },
      },
    }],
    shows: 'test "$(stat -c %U:%G:%a /usr/share/d/x)" = man:games:6755',
  },
  "owners by a name that does not exist": {
    add: [{ name: "a", ships: { "usr/share/x": { uid: 505, gid: 606, user: "no", group: "no" } } }],
    shows: 'test "$(stat -c %u:%g /usr/share/x)" = 505:606',
  },
  "an owner called root with another number": {
    add: [{ name: "a", ships: { "usr/share/x": { uid: 505, gid: 606 } } }],
    shows: 'test "$(stat -c %u:%g /usr/share/x)" = 0:0',
  },
  "hard links": {
    add: [{
      name: "a",
      ships: { "usr/bin/one": "1", "usr/bin/two": { hard: "usr/bin/one" }, "usr/share/x": "" },
    }],
    shows: 'test "$(cat /usr/bin/two)" = 1',
  },
  "a hard link over an alias": {
    add: [{ name: "a", ships: { "bin/one": "1", "usr/bin/two": { hard: "bin/one" } } }],
    shows: 'test "$(cat /usr/bin/two)" = 1',
  },
  "a hard link to a diverted file": {
    prepare: "dpkg-divert --local --no-rename --add --divert /usr/bin/x.real /usr/bin/x",
    add: [{ name: "a", ships: { "usr/bin/x": "1", "usr/bin/y": { hard: "usr/bin/x" } } }],
    shows: "test -e /usr/bin/x.real; test -e /usr/bin/y",
  },
  "odd names": {
    add: [{
      name: "a",
      ships: {
        "usr/share/a b": "",
        "usr/share/[x]*?": "",
        "usr/share/ä\u2028": "",
        "usr/share/back\\slash": "",
        "usr/share/tab\there": "",
        "usr/share/-rf": "",
        "usr/share/$(id)'\"": "",
        "usr/share/...": "",
      },
    }],
    shows: "test -e '/usr/share/a b'",
  },
  "empty directories and files": {
    add: [{ name: "a", ships: { "usr/share/e/f/g/": "", "var/lib/a/": "", "usr/share/z": "" } }],
    shows: "test -d /usr/share/e/f/g",
  },
  "a directory that is there with another mode": {
    prepare: "mkdir -m 700 /usr/share/d",
    add: [{ name: "a", ships: { "usr/share/d/": { mode: 0o755 }, "usr/share/d/x": "" } }],
    shows: 'test "$(stat -c %a /usr/share/d)" = 700',
  },
  "one directory of two packages with other modes": {
    add: [
      { name: "a", ships: { "usr/share/d/": { mode: 0o711 }, "usr/share/d/x": "" } },
      { name: "b", ships: { "usr/share/d/": { mode: 0o755 }, "usr/share/d/y": "" } },
    ],
    shows: 'test "$(stat -c %a /usr/share/d)" = 711',
  },
  "a package with nothing at all": { add: [{ name: "a" }], shows: "dpkg -s a > /dev/null" },
  "a capability that a postinst gives": {
    add: [{
      name: "a",
      ships: { "usr/bin/a": "x" },
      control: {
        postinst: `perl -e 'my ($f, $n) = ("/usr/bin/a", "security.capability");
my $c = pack("V5", 0x2000001, 8192, 0, 0, 0);
exit(syscall(188, $f, $n, $c, 20, 0) != 0)'`,
      },
    }],
    shows: "test -e /usr/bin/a",
  },
};
