import type { RuleCase } from "../rule_case.ts";

/** What dpkg tells a script by its environment, arguments and place, but for the options it was given. */
const TELL =
  'export DPKG_FORCE=; { echo "== ${0##*/} $*"; pwd; env | grep ^DPKG_ | sort; umask; } ' +
  ">> /usr/share/told";
const ALL = Object.fromEntries(
  ["preinst", "postinst", "prerm", "postrm"].map((script) => [script, TELL]),
);
const FAILING = 'echo "failing ${0##*/} $*" >> /usr/share/told; exit 1';

/** What maintainer scripts are told, and what happens where they fail. */
export const SCRIPTS: Readonly<Record<string, RuleCase>> = {
  "what scripts of a new package are told": {
    add: [{ name: "a", ships: { "usr/share/a": "1" }, control: ALL }],
    shows: "grep -c ^== /usr/share/told | grep -x 2; grep RUNNING_VERSION= /usr/share/told",
  },
  "what scripts of an upgrade are told": {
    before: [{ name: "a", ships: { "usr/share/a": "1" }, control: ALL }],
    add: [{ name: "a", version: "1:2-3", ships: { "usr/share/a": "2" }, control: ALL }],
    shows: "grep -c ^== /usr/share/told | grep -x 6",
  },
  "what scripts of a package are told that was removed before": {
    before: [{ name: "a", control: { ...ALL, conffiles: "/etc/a\n" }, ships: { "etc/a": "1" } }],
    meanwhile: "dpkg --remove a",
    add: [{ name: "a", version: "2", ships: { "etc/a": "2" }, control: ALL }],
    shows: "grep 'preinst install 1 2' /usr/share/told",
  },
  "what scripts of a package are told that stands beside itself": {
    prepare: "dpkg --add-architecture i386",
    before: [{ name: "a", arch: "amd64", fields: { "Multi-Arch": "same" }, control: ALL }],
    add: [{ name: "a", arch: "i386", fields: { "Multi-Arch": "same" }, control: ALL }],
    shows: "grep REFCOUNT=2 /usr/share/told",
  },
  "an old prerm that fails where the new one does the work": {
    before: [{ name: "a", ships: { "usr/share/a": "1" }, control: { prerm: FAILING } }],
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "2" }, control: ALL }],
    shows: "grep 'prerm failed-upgrade 1 2' /usr/share/told",
  },
  "an old postrm that fails where the new one does the work": {
    before: [{ name: "a", ships: { "usr/share/a": "1" }, control: { postrm: FAILING } }],
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "2" }, control: ALL }],
    shows: "grep 'postrm failed-upgrade 1 2' /usr/share/told",
  },
  "an old prerm that fails where the new version has none": {
    before: [{ name: "a", ships: { "usr/share/a": "1" }, control: { prerm: FAILING } }],
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "2" } }],
    refused: /^Cannot configure "a": its prerm ended with status 1/,
  },
  "an old prerm that fails, and the new one too": {
    before: [{ name: "a", ships: { "usr/share/a": "1" }, control: { prerm: FAILING } }],
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "2" }, control: { prerm: FAILING } }],
    refused: /^Cannot configure "a": its prerm ended with status 1/,
  },
};
