import type { RuleCase } from "../rule_case.ts";
import type { SmallDeb } from "../small_deb.ts";

const conf = (version: string, text: string, more: Partial<SmallDeb> = {}): SmallDeb => ({
  name: "a",
  version,
  ...more,
  ships: { "etc/a.conf": text, "usr/share/a": version, ...more.ships },
  control: { conffiles: "/etc/a.conf\n", ...more.control },
});
const POSTINST = { postinst: "ls /etc/a.* > /usr/share/seen; cat /etc/a.conf >> /usr/share/seen" };

/** Files that the administrator may edit. */
export const CONFFILES: Readonly<Record<string, RuleCase>> = {
  "a conffile": { add: [conf("1", "1\n")], shows: "dpkg -s a | grep /etc/a.conf" },
  "a conffile that a postinst looks at": {
    add: [conf("1", "1\n", { control: POSTINST })],
    shows: "grep -x 1 /usr/share/seen",
  },
  "a conffile that another package's postinst looks at": {
    add: [
      conf("1", "1\n", { control: { postinst: ":" }, fields: { Depends: "b" } }),
      { name: "b", control: { postinst: "ls /etc/a.* > /usr/share/seen" } },
    ],
    shows: "grep dpkg-new /usr/share/seen",
  },
  "several conffiles in an order of their own": {
    add: [{
      name: "a",
      ships: { "etc/a/1": "1", "etc/a/2": "2", "etc/b": "3" },
      control: { conffiles: "/etc/b\n/etc/a/2\n/etc/a/1\n" },
    }],
    shows: "test -f /etc/a/2",
  },
  "several conffiles in an order of their own, with a postinst": {
    add: [{
      name: "a",
      ships: { "etc/a/1": "1", "etc/a/2": "2", "etc/b": "3" },
      control: { conffiles: "/etc/b\n/etc/a/2\n/etc/a/1\n", postinst: ":" },
    }],
    shows: "test -f /etc/a/2",
  },
  "a conffile that no package had and is there": {
    prepare: "echo mine > /etc/a.conf; chmod 600 /etc/a.conf",
    add: [conf("1", "1\n")],
    shows: "grep -x mine /etc/a.conf; test -f /etc/a.conf.dpkg-dist",
  },
  "a conffile that is there with the same text": {
    prepare: "echo 1 > /etc/a.conf; chmod 600 /etc/a.conf; chown man /etc/a.conf",
    add: [conf("1", "1\n")],
    shows: 'test "$(stat -c %a /etc/a.conf)" = 600',
  },
  "a conffile that is there with the same text, with a postinst": {
    prepare: "echo 1 > /etc/a.conf; chmod 600 /etc/a.conf; chown man /etc/a.conf",
    add: [conf("1", "1\n", { control: POSTINST })],
    shows: 'test "$(stat -c %a /etc/a.conf)" = 600',
  },
  "a new text of a conffile that nobody edited": {
    before: [conf("1", "1\n")],
    add: [conf("2", "2\n")],
    shows: "grep -x 2 /etc/a.conf",
  },
  "a new text of a conffile that nobody edited, with a postinst": {
    before: [conf("1", "1\n")],
    add: [conf("2", "2\n", { control: POSTINST })],
    shows: "grep -x 2 /usr/share/seen",
  },
  "a new text of a conffile that nobody edited but for its mode": {
    before: [conf("1", "1\n")],
    meanwhile: "chmod 600 /etc/a.conf; chown man:games /etc/a.conf",
    add: [conf("2", "2\n")],
    shows: 'test "$(stat -c %U:%a /etc/a.conf)" = man:600',
  },
  "a new text of a conffile that was edited": {
    before: [conf("1", "1\n")],
    meanwhile: "echo mine > /etc/a.conf",
    add: [conf("2", "2\n")],
    shows: "grep -x mine /etc/a.conf; grep -x 2 /etc/a.conf.dpkg-dist",
  },
  "a new text of a conffile that was edited, with a postinst": {
    before: [conf("1", "1\n")],
    meanwhile: "echo mine > /etc/a.conf",
    add: [conf("2", "2\n", { control: POSTINST })],
    shows: "grep -x mine /usr/share/seen",
  },
  "the same text of a conffile that was edited": {
    before: [conf("1", "1\n")],
    meanwhile: "echo mine > /etc/a.conf",
    add: [conf("2", "1\n")],
    shows: "grep -x mine /etc/a.conf; test ! -e /etc/a.conf.dpkg-dist",
  },
  "a conffile edited to the text that comes": {
    before: [conf("1", "1\n")],
    meanwhile: "echo 2 > /etc/a.conf; chmod 640 /etc/a.conf",
    add: [conf("2", "2\n")],
    shows: "grep -x 2 /etc/a.conf",
  },
  "a conffile that was removed, with the same text": {
    before: [conf("1", "1\n")],
    meanwhile: "rm /etc/a.conf",
    add: [conf("2", "1\n")],
    shows: "test ! -e /etc/a.conf",
  },
  "a conffile that was removed, with a new text": {
    before: [conf("1", "1\n")],
    meanwhile: "rm /etc/a.conf",
    add: [conf("2", "2\n")],
    shows: "test ! -e /etc/a.conf",
  },
  "a conffile that was removed, with a new text and a postinst": {
    before: [conf("1", "1\n")],
    meanwhile: "rm /etc/a.conf",
    add: [conf("2", "2\n", { control: { postinst: ":" } })],
    shows: "test ! -e /etc/a.conf",
  },
  "a conffile that the new version does not ship": {
    before: [conf("1", "1\n")],
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "2" } }],
    shows: "dpkg -s a | grep obsolete; test -f /etc/a.conf",
  },
  "a conffile that the new version does not ship, with a postinst": {
    before: [conf("1", "1\n")],
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "2" }, control: { postinst: ":" } }],
    shows: "dpkg -s a | grep obsolete; test -f /etc/a.conf",
  },
  "several conffiles of which the new version ships one": {
    before: [{
      name: "a",
      ships: { "etc/a/1": "1", "etc/a/2": "2", "etc/b/c/3": "3" },
      control: { conffiles: "/etc/a/1\n/etc/a/2\n/etc/b/c/3\n" },
    }],
    add: [{
      name: "a",
      version: "2",
      ships: { "etc/a/2": "2" },
      control: { conffiles: "/etc/a/2\n" },
    }],
    shows: "test -f /etc/b/c/3",
  },
  "a conffile that was removed and is not shipped any more": {
    before: [conf("1", "1\n")],
    meanwhile: "rm /etc/a.conf",
    add: [{ name: "a", version: "2", ships: { "usr/share/a": "2" } }],
    shows: "test ! -e /etc/a.conf",
  },
  "an obsolete conffile that an older version brings back": {
    before: [conf("1", "1\n"), { name: "a", version: "2", ships: { "usr/share/a": "2" } }],
    add: [conf("1", "1\n")],
    shows: "! dpkg -s a | grep obsolete",
  },
  "an obsolete conffile through a second upgrade": {
    before: [conf("1", "1\n"), { name: "a", version: "2", ships: { "usr/share/a": "2" } }],
    add: [{ name: "a", version: "3", ships: { "usr/share/a": "3" } }],
    shows: "dpkg -s a | grep obsolete",
  },
  "a conffile that becomes a plain file": {
    before: [conf("1", "1\n")],
    add: [{ name: "a", version: "2", ships: { "etc/a.conf": "2\n" } }],
    shows: "grep -x 2 /etc/a.conf",
  },
  "a plain file that becomes a conffile": {
    before: [{ name: "a", ships: { "etc/a.conf": "1\n" } }],
    add: [conf("2", "2\n")],
    shows: "test -f /etc/a.conf.dpkg-dist",
  },
  "remove-on-upgrade": {
    before: [conf("1", "1\n")],
    add: [{
      name: "a",
      version: "2",
      ships: { "usr/share/a": "2" },
      control: { conffiles: "remove-on-upgrade /etc/a.conf\n" },
    }],
    shows: "test ! -e /etc/a.conf",
  },
  "remove-on-upgrade with a postinst": {
    before: [conf("1", "1\n")],
    add: [{
      name: "a",
      version: "2",
      ships: { "usr/share/a": "2" },
      control: { conffiles: "remove-on-upgrade /etc/a.conf\n", postinst: ":" },
    }],
    shows: "test ! -e /etc/a.conf",
  },
  "remove-on-upgrade of an edited conffile": {
    before: [conf("1", "1\n")],
    meanwhile: "echo mine > /etc/a.conf",
    add: [{
      name: "a",
      version: "2",
      ships: { "usr/share/a": "2" },
      control: { conffiles: "remove-on-upgrade /etc/a.conf\n" },
    }],
    shows: ":",
  },
  "remove-on-upgrade of what is not there": {
    add: [{
      name: "a",
      ships: { "usr/share/a": "2" },
      control: { conffiles: "remove-on-upgrade /etc/a.conf\n" },
    }],
    shows: "test ! -e /etc/a.conf",
  },
  "a conffile in the place of a link": {
    prepare:
      "mkdir /usr/share/real; echo 1 > /usr/share/real/conf; ln -s /usr/share/real/conf /etc/a.conf",
    add: [conf("1", "2\n")],
    shows: "test -L /etc/a.conf",
  },
  "a conffile in the place of a link, with a postinst": {
    prepare:
      "mkdir /usr/share/real; echo 1 > /usr/share/real/conf; ln -s /usr/share/real/conf /etc/a.conf",
    add: [conf("1", "2\n", { control: { postinst: "ls /usr/share/real > /usr/share/seen" } })],
    shows: "test -L /etc/a.conf",
  },
  "a conffile in the place of a relative link": {
    prepare: "mkdir /etc/real; echo 1 > /etc/real/conf; ln -s real/conf /etc/a.conf",
    add: [conf("1", "2\n")],
    shows: "test -L /etc/a.conf",
  },
  "a conffile that was moved and linked to, with a postinst": {
    before: [conf("1", "1\n")],
    meanwhile: "mv /etc/a.conf /usr/share/conf; ln -s /usr/share/conf /etc/a.conf",
    add: [conf("2", "2\n", { control: { postinst: ":" } })],
    shows: "test -L /etc/a.conf",
  },
  "a conffile that was moved and linked to": {
    before: [conf("1", "1\n")],
    meanwhile: "mv /etc/a.conf /usr/share/conf; ln -s /usr/share/conf /etc/a.conf",
    add: [conf("2", "2\n")],
    shows: "test -L /etc/a.conf",
  },
  "a conffile in the place of a dangling link": {
    prepare: "ln -s /usr/share/conf /etc/a.conf",
    add: [conf("1", "2\n")],
    shows: "test -L /etc/a.conf",
  },
  "a conffile taken over from another package": {
    before: [{
      name: "old",
      ships: { "etc/a.conf": "1\n", "usr/share/old": "" },
      control: { conffiles: "/etc/a.conf\n" },
    }],
    add: [conf("1", "2\n", { fields: { Replaces: "old" } })],
    shows: "dpkg -s old | grep obsolete; grep -x 2 /etc/a.conf",
  },
  "a conffile taken over from another package after an edit": {
    before: [{
      name: "old",
      ships: { "etc/a.conf": "1\n", "usr/share/old": "" },
      control: { conffiles: "/etc/a.conf\n" },
    }],
    meanwhile: "echo mine > /etc/a.conf",
    add: [conf("1", "2\n", { fields: { Replaces: "old" }, control: POSTINST })],
    shows: "grep -x mine /etc/a.conf",
  },
  "a conffile taken over from a package of the same set": {
    add: [
      {
        name: "old",
        ships: { "etc/a.conf": "1\n", "usr/share/old": "" },
        control: { conffiles: "/etc/a.conf\n" },
      },
      conf("1", "2\n", { fields: { Replaces: "old" } }),
    ],
    shows: "dpkg -s a | grep /etc/a.conf",
  },
  "a conffile that another package left behind": {
    before: [
      { name: "old", ships: { "etc/a.conf": "1\n" }, control: { conffiles: "/etc/a.conf\n" } },
      { name: "old", version: "2", ships: { "usr/share/old": "" } },
    ],
    add: [conf("1", "2\n")],
    shows: "dpkg -s a | grep /etc/a.conf",
  },
  "a conffile of a package that is removed": {
    before: [{
      name: "old",
      ships: { "etc/a.conf": "1\n" },
      control: { conffiles: "/etc/a.conf\n" },
    }],
    meanwhile: "dpkg -r old",
    add: [conf("1", "2\n")],
    shows: "test -f /etc/a.conf",
  },
  "a package that comes back over its own conffiles": {
    before: [conf("1", "1\n")],
    meanwhile: "dpkg -r a; echo mine > /etc/a.conf",
    add: [conf("2", "2\n")],
    shows: "grep -x mine /etc/a.conf",
  },
  "a package that comes back over its own conffiles, with a postinst": {
    before: [conf("1", "1\n")],
    meanwhile: "dpkg -r a",
    add: [conf("2", "2\n", { control: { postinst: 'echo "$@" > /usr/share/seen' } })],
    shows: "grep -x 2 /etc/a.conf",
  },
  "a conffile that another package has too": {
    before: [conf("1", "1\n")],
    add: [{ name: "b", ships: { "etc/a.conf": "1\n" }, control: { conffiles: "/etc/a.conf\n" } }],
    refused: /"\/etc\/a\.conf" belongs to "a" 1$/,
  },
};
