import type { RuleCase } from "../rule_case.ts";

const TOOL = { name: "tool", ships: { "usr/bin/tool": "#!tool\n", "usr/share/tool": "t" } };
const DIVERT =
  "dpkg-divert --package wrap --rename --add --divert /usr/bin/tool.real /usr/bin/tool";

/** Diversions and statoverrides, there already or made by a preinst. */
export const DIVERSIONS: Readonly<Record<string, RuleCase>> = {
  "a file that the administrator has diverted": {
    prepare: "dpkg-divert --local --rename --add --divert /usr/bin/tool.real /usr/bin/tool",
    add: [TOOL],
    shows: "test -f /usr/bin/tool.real; test ! -e /usr/bin/tool",
  },
  "a file that another package has diverted": {
    before: [{ name: "wrap", ships: { "usr/bin/tool": "#!wrap\n" }, control: { preinst: DIVERT } }],
    add: [TOOL],
    shows: 'test "$(cat /usr/bin/tool)" = "#!wrap"; test "$(cat /usr/bin/tool.real)" = "#!tool"',
  },
  "a package that diverts the file of one there": {
    before: [TOOL],
    add: [{ name: "wrap", ships: { "usr/bin/tool": "#!wrap\n" }, control: { preinst: DIVERT } }],
    shows: 'test "$(cat /usr/bin/tool)" = "#!wrap"; test "$(cat /usr/bin/tool.real)" = "#!tool"',
  },
  "a package that diverts the file of an earlier one of its set": {
    add: [TOOL, {
      name: "wrap",
      ships: { "usr/bin/tool": "#!wrap\n" },
      control: { preinst: DIVERT },
    }],
    shows: 'test "$(cat /usr/bin/tool)" = "#!wrap"; test "$(cat /usr/bin/tool.real)" = "#!tool"',
  },
  "a package that diverts the file of a later one of its set": {
    add: [
      { name: "wrap", ships: { "usr/bin/tool": "#!wrap\n" }, control: { preinst: DIVERT } },
      TOOL,
    ],
    shows: 'test "$(cat /usr/bin/tool)" = "#!wrap"; test "$(cat /usr/bin/tool.real)" = "#!tool"',
  },
  "a diversion into a directory that another package has": {
    before: [{ name: "dir", ships: { "usr/lib/real/": "" } }],
    add: [{
      name: "wrap",
      ships: { "usr/bin/tool": "#!wrap\n" },
      control: { preinst: DIVERT.replace("/usr/bin/tool.real", "/usr/lib/real/tool") },
    }, TOOL],
    shows: "test -f /usr/lib/real/tool",
  },
  "a diverted link": {
    prepare: "dpkg-divert --local --no-rename --add --divert /usr/bin/x.real /usr/bin/x",
    add: [{ name: "a", ships: { "usr/bin/x": { link: "y" } } }],
    shows: "test -L /usr/bin/x.real",
  },
  "a file in the place that another is diverted to": {
    before: [{ name: "wrap", control: { preinst: DIVERT } }],
    add: [{ name: "b", ships: { "usr/bin/tool.real": "" } }],
    refused:
      /^Cannot lay out "b" 1: "\/usr\/bin\/tool\.real" is where "wrap" diverts "\/usr\/bin\/tool" to$/,
  },
  "a file in the place of a local diversion": {
    prepare: "dpkg-divert --local --no-rename --add --divert /usr/share/x.real /usr/share/x",
    add: [{ name: "b", ships: { "usr/share/x.real": "" } }],
    refused:
      /^Cannot lay out "b" 1: "\/usr\/share\/x\.real" is where a local diversion diverts "\/usr\/share\/x" to$/,
  },
  "two packages of a locally diverted file": {
    prepare: "dpkg-divert --local --no-rename --add --divert /usr/bin/tool.real /usr/bin/tool",
    before: [TOOL],
    add: [{ name: "b", ships: { "usr/bin/tool": "" } }],
    refused: /"\/usr\/bin\/tool" belongs to "tool" 1$/,
  },
  "a third package of a file that is diverted": {
    before: [
      { name: "wrap", ships: { "usr/bin/tool": "#!wrap\n" }, control: { preinst: DIVERT } },
      TOOL,
    ],
    add: [{ name: "b", ships: { "usr/bin/tool": "" } }],
    refused: /"\/usr\/bin\/tool" belongs to "tool" 1$/,
  },
  "a diversion of the name with /usr for a file without": {
    prepare: "dpkg-divert --local --no-rename --add --divert /usr/bin/x.real /usr/bin/x",
    add: [{ name: "a", ships: { "bin/x": "a" } }],
    shows: "test -f /usr/bin/x; test ! -e /usr/bin/x.real",
  },
  "a diversion of both names of an alias": {
    prepare: `dpkg-divert --local --no-rename --add --divert /usr/bin/x.long /usr/bin/x
dpkg-divert --local --no-rename --add --divert /bin/x.short /bin/x`,
    add: [{ name: "a", ships: { "bin/x": "a" } }],
    shows: "test -f /usr/bin/x.short; test ! -e /usr/bin/x.long",
  },
  "a diverted conffile": {
    prepare: "dpkg-divert --local --no-rename --add --divert /etc/x.real /etc/x",
    add: [{ name: "a", ships: { "etc/x": "x\n" }, control: { conffiles: "/etc/x\n" } }],
    shows: "test -f /etc/x.real; test ! -e /etc/x",
  },
  "a diversion that a postrm takes back": {
    before: [TOOL, {
      name: "wrap",
      ships: { "usr/bin/tool": "#!wrap\n" },
      control: {
        preinst: DIVERT,
        postrm: 'test "$1" != remove || dpkg-divert --package wrap --rename --remove /usr/bin/tool',
      },
    }],
    meanwhile: "dpkg -r wrap",
    add: [{ ...TOOL, version: "2" }],
    shows: "test -f /usr/bin/tool; test ! -e /usr/bin/tool.real",
  },
  "an upgrade of a package whose file is diverted": {
    before: [
      { name: "wrap", ships: { "usr/bin/tool": "#!wrap\n" }, control: { preinst: DIVERT } },
      TOOL,
    ],
    add: [{ ...TOOL, version: "2", ships: { "usr/share/tool": "2" } }],
    shows: "test -f /usr/bin/tool; test ! -e /usr/bin/tool.real",
  },
  "an upgrade of a package that diverts": {
    before: [
      { name: "wrap", ships: { "usr/bin/tool": "#!wrap\n" }, control: { preinst: DIVERT } },
      TOOL,
    ],
    add: [{ name: "wrap", version: "2", ships: { "usr/bin/tool": "#!wrap 2\n" } }],
    shows: 'test "$(cat /usr/bin/tool)" = "#!wrap 2"',
  },
  "a statoverride on a file": {
    prepare: "dpkg-statoverride --add man games 4750 /usr/bin/tool",
    add: [TOOL],
    shows: 'test "$(stat -c %U:%G:%a /usr/bin/tool)" = man:games:4750',
  },
  "a statoverride by number": {
    prepare: "dpkg-statoverride --add '#77' '#88' 2711 /usr/bin/tool",
    add: [TOOL],
    shows: 'test "$(stat -c %u:%g:%a /usr/bin/tool)" = 77:88:2711',
  },
  "a statoverride on a directory": {
    prepare: "dpkg-statoverride --add root games 2775 /usr/share/d",
    add: [{ name: "a", ships: { "usr/share/d/x": "" } }],
    shows: 'test "$(stat -c %G:%a /usr/share/d)" = games:2775',
  },
  "a statoverride on a directory that is there": {
    prepare: "mkdir /usr/share/d; dpkg-statoverride --add root games 2775 /usr/share/d",
    add: [{ name: "a", ships: { "usr/share/d/x": "" } }],
    shows: 'test "$(stat -c %a /usr/share/d)" = 755',
  },
  "a statoverride on a link": {
    prepare: "dpkg-statoverride --add man games 4750 /usr/bin/l",
    add: [{ name: "a", ships: { "usr/bin/l": { link: "tool" } } }],
    shows: 'test "$(stat -c %U:%G /usr/bin/l)" = man:games',
  },
  "a statoverride on a conffile": {
    prepare: "dpkg-statoverride --add root games 0640 /etc/x",
    add: [{ name: "a", ships: { "etc/x": "x\n" }, control: { conffiles: "/etc/x\n" } }],
    shows: 'test "$(stat -c %a /etc/x)" = 640',
  },
  "a statoverride on the other name of an alias": {
    prepare: "dpkg-statoverride --add man games 4750 /usr/bin/x",
    add: [{ name: "a", ships: { "bin/x": "" } }],
    shows: 'test "$(stat -c %a /usr/bin/x)" = 755',
  },
  "a statoverride of a preinst": {
    add: [{
      ...TOOL,
      control: { preinst: "dpkg-statoverride --add root games 2755 /usr/bin/tool" },
    }],
    shows: 'test "$(stat -c %a /usr/bin/tool)" = 755',
  },
  "a statoverride of an earlier package's preinst": {
    add: [{
      name: "a",
      ships: { "usr/share/a": "" },
      control: { preinst: "dpkg-statoverride --add root games 2755 /usr/bin/tool" },
    }, TOOL],
    shows: 'test "$(stat -c %a /usr/bin/tool)" = 755',
  },
  "a statoverride on a diverted file": {
    prepare: `dpkg-divert --local --no-rename --add --divert /usr/bin/tool.real /usr/bin/tool
dpkg-statoverride --add root games 2755 /usr/bin/tool
dpkg-statoverride --add root man 0700 /usr/bin/tool.real`,
    add: [TOOL],
    shows: "test -e /usr/bin/tool.real",
  },
};
