import type { RuleCase } from "../rule_case.ts";

/** What the database says of a package, byte for byte. */
export const DATABASE: Readonly<Record<string, RuleCase>> = {
  "fields in another order and case": {
    add: [{
      name: "a",
      arch: "amd64",
      fields: {
        Homepage: "https://example.org/",
        "priority": "optional",
        SECTION: "misc",
        "Installed-Size": "12",
        "X-Other": "yes",
        Origin: "here",
        Bugs: "mailto:x@example.org",
        Essential: "no",
        "Multi-Arch": "no",
        Source: "src (1.2)",
        Tag: "a::b,\n c::d",
        Description: "short\n long\n .\n  more ",
      },
    }],
    shows: "dpkg -s a > /dev/null",
  },
  "an essential and protected package": {
    add: [{ name: "a", fields: { Essential: "yes", Protected: "yes" } }],
    shows: "dpkg -s a | grep Protected",
  },
  "relations written carelessly": {
    add: [{
      name: "a",
      fields: {
        Depends: "dpkg(>=1.0),  libc6 ( >> 2 )|libc7",
        "Pre-Depends": "dpkg,\n libc6 (>=2)",
        Recommends: "x:any ,y:i386 (<< 2:3-1~)",
        Suggests: "z(= 1)",
        Breaks: "nothing (<<1)",
        Conflicts: "nothing-else",
        Replaces: "q (<< 1) , r",
        Provides: "p1,p2 (= 3)",
        Enhances: "dpkg",
      },
    }],
    shows: "dpkg -s a | grep 'dpkg (>= 1.0), libc6'",
  },
  "an empty field": {
    add: [{ name: "a", fields: { Suggests: "", Homepage: "", "X-Empty": "" } }],
    shows: "dpkg -s a > /dev/null",
  },
  "a version with an epoch": {
    add: [{ name: "a", version: "1:2.0~rc1-1+b2", ships: { "usr/share/a": "" } }],
    shows: "dpkg -s a | grep 1:2.0",
  },
  "digests of its own": {
    add: [{
      name: "a",
      ships: { "usr/share/a": "", "usr/share/b": "" },
      control: { md5sums: `${"0".repeat(32)}  usr/share/a\n` },
    }],
    shows: "grep 0000 /var/lib/dpkg/info/a.md5sums",
  },
  "no digests of its own": {
    add: [{
      name: "a",
      ships: {
        "usr/share/z": "1",
        "usr/share/b/c": "2",
        "usr/share/a": "3",
        "usr/bin/h": "4",
        "usr/bin/i": { hard: "usr/bin/h" },
        "usr/share/l": { link: "z" },
        "bin/x": "5",
        "etc/c": "6",
      },
      control: { conffiles: "/etc/c\n" },
    }],
    shows: "test -e /var/lib/dpkg/info/a.md5sums",
  },
  "no files of which there could be digests": {
    add: [{ name: "a", ships: { "usr/share/d/": "", "usr/share/l": { link: "z" } } }],
    shows: "test -e /var/lib/dpkg/info/a.list",
  },
  "control members of every kind": {
    add: [{
      name: "a",
      ships: { "usr/share/a": "" },
      control: {
        templates: "Template: a/b\nType: string\nDescription: x\n",
        shlibs: "liba 1 a\n",
        symbols: "liba.so.1 a\n",
        config: ":",
        postrm: ":",
        prerm: ":",
        "odd-member": "x",
      },
    }],
    shows: "test -e /var/lib/dpkg/info/a.odd-member",
  },
  "alternatives": {
    add: [{
      name: "a",
      ships: { "usr/bin/a1": "", "usr/bin/a2": "", "usr/share/a1.gz": "" },
      control: {
        postinst:
          "update-alternatives --install /usr/bin/tool tool /usr/bin/a1 10 --slave /usr/share/tool.gz tool.gz /usr/share/a1.gz\nupdate-alternatives --install /usr/bin/tool tool /usr/bin/a2 20",
      },
    }],
    shows: 'test "$(readlink /etc/alternatives/tool)" = /usr/bin/a2',
  },
  "a list in the order of the archive": {
    add: [{
      name: "a",
      ships: { "usr/z": "", "usr/a/b": "", "usr/c/": "", "opt/x": "", "usr/b": "" },
    }],
    shows: "dpkg -L a | tail -n 1 | grep -x /usr/b",
  },
  "names that begin alike": {
    before: [{ name: "aa", ships: { "usr/share/1": "" } }, {
      name: "aa.b",
      ships: { "usr/share/2": "" },
    }],
    add: [{ name: "aa", version: "2" }, { name: "aa-c" }, { name: "aa+d" }, { name: "a2" }],
    shows: "test -e /var/lib/dpkg/info/aa.b.list",
  },
};
