import type { RuleCase } from "../rule_case.ts";
import type { SmallDeb } from "../small_deb.ts";

const FOREIGN = "dpkg --add-architecture i386";
const lib = (arch: string, ships: SmallDeb["ships"] = {}): SmallDeb => ({
  name: "lib",
  arch,
  fields: { "Multi-Arch": "same" },
  ships: { ...ships, [`usr/lib/${arch}/lib.so`]: arch },
});

/** Copies of one package for several architectures. */
export const MULTI_ARCH: Readonly<Record<string, RuleCase>> = {
  "a package that can stand beside itself": {
    add: [lib("amd64", { "usr/share/doc/lib/copyright": "free\n" })],
    shows: "test -e /var/lib/dpkg/info/lib:amd64.list",
  },
  "equal files of two architectures": {
    prepare: FOREIGN,
    before: [lib("amd64", { "usr/share/doc/lib/copyright": "free\n" })],
    add: [lib("i386", { "usr/share/doc/lib/copyright": "free\n" })],
    shows: "dpkg -S /usr/share/doc/lib/copyright | grep lib:amd64 | grep lib:i386",
  },
  "equal files of two architectures in one set": {
    prepare: FOREIGN,
    add: [
      lib("i386", { "usr/share/doc/lib/copyright": "free\n" }),
      lib("amd64", { "usr/share/doc/lib/copyright": "free\n" }),
    ],
    shows: "dpkg -S /usr/share/doc/lib/copyright | grep lib:amd64 | grep lib:i386",
  },
  "equal files of two architectures with other modes": {
    prepare: FOREIGN,
    before: [lib("amd64", { "usr/share/x": { text: "x", mode: 0o640 } })],
    add: [lib("i386", { "usr/share/x": { text: "x", mode: 0o600 } })],
    shows: 'test "$(stat -c %a /usr/share/x)" = 640',
  },
  "equal links of two architectures": {
    prepare: FOREIGN,
    before: [lib("amd64", { "usr/share/x": { link: "y" } })],
    add: [lib("i386", { "usr/share/x": { link: "y" } })],
    shows: "test -L /usr/share/x",
  },
  "different files of two architectures": {
    prepare: FOREIGN,
    before: [lib("amd64", { "usr/share/x": "1" })],
    add: [lib("i386", { "usr/share/x": "2" })],
    refused: /^Cannot lay out "lib:i386" 1: "\/usr\/share\/x" is another file in "lib:amd64"$/,
  },
  "different links of two architectures": {
    prepare: FOREIGN,
    before: [lib("amd64", { "usr/share/x": { link: "y" } })],
    add: [lib("i386", { "usr/share/x": { link: "z" } })],
    refused: /^Cannot lay out "lib:i386" 1: "\/usr\/share\/x" is another file in "lib:amd64"$/,
  },
  "a conffile of two architectures": {
    prepare: FOREIGN,
    before: [{
      ...lib("amd64", { "etc/lib.conf": "c" }),
      control: { conffiles: "/etc/lib.conf\n" },
    }],
    add: [{ ...lib("i386", { "etc/lib.conf": "c" }), control: { conffiles: "/etc/lib.conf\n" } }],
    shows: "test -f /etc/lib.conf",
  },
  "a package of a foreign architecture": {
    prepare: FOREIGN,
    add: [{
      name: "tool",
      arch: "i386",
      fields: { "Multi-Arch": "foreign" },
      ships: { "usr/bin/t": "" },
    }],
    shows: "dpkg -s tool:i386 > /dev/null",
  },
  "a file of a foreign package that has another owner": {
    prepare: FOREIGN,
    before: [{ name: "a", arch: "i386", ships: { "usr/share/x": "1" } }],
    add: [{ name: "b", ships: { "usr/share/x": "1" } }],
    refused: /"\/usr\/share\/x" belongs to "a" 1$/,
  },
};
