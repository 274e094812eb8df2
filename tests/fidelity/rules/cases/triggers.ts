import type { RuleCase } from "../rule_case.ts";
import type { SmallDeb } from "../small_deb.ts";

const HANDLER = { postinst: 'echo "$DPKG_MAINTSCRIPT_PACKAGE $*" >> /usr/share/ran' };
const handler = (name: string, triggers: string): SmallDeb => ({
  name,
  ships: { [`usr/share/${name}`]: "" },
  control: { triggers, ...HANDLER },
});
/** Does the same whenever it is told, as real ones do. */
const gatherer = (triggers: string): SmallDeb => ({
  name: "h",
  control: { triggers, postinst: "ls /usr/share/d > /usr/share/ran" },
});
const activator = (triggers: string): SmallDeb => ({
  name: "act",
  ships: { "usr/share/act": "" },
  control: { triggers },
});

/** Triggers, activated by packages with and without scripts. */
export const TRIGGERS: Readonly<Record<string, RuleCase>> = {
  "an interest": {
    add: [handler("h", "interest x\ninterest-noawait y\ninterest /usr/share/d\n")],
    shows: "test -e /var/lib/dpkg/triggers/x",
  },
  "an interest without a postinst": {
    add: [{ name: "h", control: { triggers: "interest x\ninterest-noawait /usr/share/h/d\n" } }],
    shows: "test -e /var/lib/dpkg/triggers/x",
  },
  "an explicit trigger": {
    before: [handler("h", "interest x\n")],
    add: [activator("activate x\n")],
    shows: "grep 'triggered x' /usr/share/ran",
  },
  "an explicit trigger that nobody waits for": {
    before: [handler("h", "interest-noawait x\n")],
    add: [activator("activate-noawait x\n")],
    shows: "grep 'triggered x' /usr/share/ran",
  },
  "an explicit trigger that nobody is interested in": {
    add: [activator("activate x\nactivate-noawait y\n")],
    shows: "test ! -e /usr/share/ran",
  },
  "an explicit trigger of several activators": {
    before: [handler("h", "interest x\n")],
    add: [activator("activate x\n"), {
      ...activator("activate-noawait x\n"),
      name: "act2",
      ships: {},
    }],
    shows: "grep -c triggered /usr/share/ran | grep -x 1",
  },
  "an explicit trigger of a package with a postinst": {
    before: [handler("h", "interest x\n")],
    add: [{ ...activator("activate x\n"), control: { triggers: "activate x\n", ...HANDLER } }],
    shows: "grep 'triggered x' /usr/share/ran",
  },
  "a file trigger on a directory": {
    before: [handler("h", "interest-noawait /usr/share/d\n")],
    add: [{ name: "a", ships: { "usr/share/d/e/f": "" } }],
    shows: "grep 'triggered /usr/share/d' /usr/share/ran",
  },
  "a file trigger on a directory that is there": {
    before: [
      handler("h", "interest-noawait /usr/share/d\n"),
      { name: "b", ships: { "usr/share/d/": "" } },
    ],
    meanwhile: "rm /usr/share/ran",
    add: [{ name: "a", ships: { "usr/share/d/": "" } }],
    shows: "grep 'triggered /usr/share/d' /usr/share/ran",
  },
  "a file trigger on a file": {
    before: [handler("h", "interest-noawait /usr/share/d/x\n")],
    add: [{ name: "a", ships: { "usr/share/d/x": "" } }],
    shows: "grep 'triggered /usr/share/d/x' /usr/share/ran",
  },
  "a file trigger on a file that does not come": {
    before: [handler("h", "interest-noawait /usr/share/d/x\n")],
    add: [{ name: "a", ships: { "usr/share/d/y": "" } }],
    shows: "! grep triggered /usr/share/ran",
  },
  "two file triggers of several packages": {
    before: [
      handler("h", "interest-noawait /usr/share/d\ninterest /usr/share/e\n"),
      handler("i", "interest-noawait /usr/share/d\n"),
    ],
    add: [{ name: "a", ships: { "usr/share/e/x": "", "usr/share/d/y": "" } }],
    shows: "grep -c triggered /usr/share/ran | grep -x 2",
  },
  "a file trigger by the other name of an alias": {
    before: [handler("h", "interest-noawait /usr/lib/d\n")],
    add: [{ name: "a", ships: { "lib/d/x": "" } }],
    shows: "! grep triggered /usr/share/ran",
  },
  "a file trigger by the short name of an alias": {
    before: [handler("h", "interest-noawait /lib/d\n")],
    add: [{ name: "a", ships: { "lib/d/x": "" } }],
    shows: "grep triggered /usr/share/ran",
  },
  "a file trigger on the place of a diverted file": {
    prepare: "dpkg-divert --local --no-rename --add --divert /usr/share/e/x /usr/share/d/x",
    before: [handler("h", "interest-noawait /usr/share/d\ninterest-noawait /usr/share/e\n")],
    meanwhile: "mkdir /usr/share/e",
    add: [{ name: "a", ships: { "usr/share/d/x": "" } }],
    shows: "grep triggered /usr/share/ran",
  },
  "an interest and what activates it in one set": {
    add: [gatherer("interest x\ninterest-noawait /usr/share/d\n"), {
      name: "a",
      ships: { "usr/share/d/x": "" },
      control: { triggers: "activate x\n" },
    }],
    shows: "grep x /usr/share/ran",
  },
  "an interest that comes after what activates it": {
    add: [
      { name: "a", ships: { "usr/share/d/x": "" }, control: { triggers: "activate x\n" } },
      handler("h", "interest x\ninterest-noawait /usr/share/d\n"),
    ],
    shows: "grep configure /usr/share/ran",
  },
  "files that an upgrade removes": {
    before: [
      handler("h", "interest-noawait /usr/share/d\n"),
      { name: "a", ships: { "usr/share/d/x": "", "usr/share/a": "" } },
    ],
    meanwhile: "rm /usr/share/ran",
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "" } }],
    shows: "grep triggered /usr/share/ran",
  },
  "interests that change with an upgrade": {
    before: [
      handler("h", "interest x\ninterest-noawait /usr/share/d\n"),
      handler("i", "interest x\n"),
    ],
    add: [{ ...handler("h", "interest y\ninterest /usr/share/e\n"), version: "2" }],
    shows: "test -e /var/lib/dpkg/triggers/y",
  },
  "a trigger that a postinst activates": {
    before: [handler("h", "interest x\n")],
    add: [{ name: "a", control: { postinst: "dpkg-trigger x" } }],
    shows: "grep 'triggered x' /usr/share/ran",
  },
  "a trigger that a preinst activates": {
    before: [handler("h", "interest x\n")],
    add: [{ name: "a", ships: { "usr/share/a": "" }, control: { preinst: "dpkg-trigger x" } }],
    shows: "grep 'triggered x' /usr/share/ran",
  },
  "ldconfig's trigger": {
    add: [{
      name: "lib",
      ships: { "usr/lib/liba.so.1": "no library" },
      control: { triggers: "activate-noawait ldconfig\n" },
    }],
    shows: ":",
  },
};
