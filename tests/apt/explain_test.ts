import { assertEquals, assertRejects } from "@std/assert";
import { AptError, AptRoot, type PlanRequest } from "@apt-ostree/apt";
import { type DebSpec, makeArchive, makeDeb } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg");

const depends = (text: string) => ({ Depends: text });
const DEBS: readonly DebSpec[] = [
  { name: "web", version: "1.24-1", fields: depends("libssl (>= 3.0.15)") },
  { name: "libssl", version: "3.0.11" },
  { name: "libssl", version: "3.0.9" },
  { name: "shop", fields: depends("web, libssl") },
  { name: "orphan", fields: depends("nowhere | no-such (>= 2)") },
  { name: "left", fields: { Conflicts: "right" } },
  { name: "right" },
  { name: "needs-left", fields: depends("left") },
  { name: "breaker", fields: { Breaks: "old (<< 2)" } },
  { name: "old", version: "1.5" },
  { name: "needs-old", fields: depends("old (>= 1)") },
  { name: "mail-a", fields: { Provides: "mail-agent" } },
  { name: "mail-b", fields: { Provides: "mail-agent" } },
  { name: "needs-mail", fields: depends("mail-agent") },
  { name: "foreign", architecture: "arm64" },
  { name: "needs-foreign", fields: depends("foreign") },
  { name: "pinned", version: "2.0" },
  { name: "pinned", version: "1.0" },
  { name: "needs-new", fields: depends("pinned (>= 2)") },
  { name: "by-source", version: "2.0" },
  { name: "by-source", version: "1.0" },
  { name: "needs-by-source", fields: depends("by-source (>= 2)") },
  { name: "forbidden" },
  { name: "needs-forbidden", fields: { "Pre-Depends": "forbidden" } },
  { name: "installed", version: "2.0" },
  { name: "needs-newer", fields: depends("installed (>= 2)") },
];
const PREFERENCES = [
  {
    name: "preferences.d/no",
    text: "# never\nPackage: other for*den\nPin: version *\nPin-Priority: -1\n",
  },
  {
    name: "preferences.d/site",
    text: "\nPackage: pinned\nPin: version 1.0\nPin-Priority: 1001\n\n" +
      "Package: src:by-source\nPin: version 1.0\nPin-Priority: 1001\n",
  },
];
const STATUS = "Package: installed\nStatus: install ok installed\nVersion: 1.0\n" +
  "Architecture: all\nMaintainer: a\nDescription: a\n";

/** What is asked for, and what is said: the message behind "Cannot ", and the hint. */
const CASES: readonly (readonly [
  what: string,
  request: PlanRequest,
  message: string,
  hint: string,
])[] = [
  [
    "a name with a mistake",
    { install: ["libsll"] },
    'find package "libsll"',
    "Did you mean libssl?",
  ],
  [
    "two names that nobody knows",
    { install: ["qqqqqqqq", "zzzzzzzz"] },
    'find packages "qqqqqqqq", "zzzzzzzz"',
    "Check the name and the sources",
  ],
  [
    "a version that is not there",
    { install: ["libssl=9"] },
    'install "libssl": the newest libssl here is 3.0.11 from test.sources/./',
    "Add a source that has libssl (= 9)",
  ],
  [
    "a dependency that is too old",
    { install: ["web"] },
    'install "web": web 1.24-1 needs libssl (>= 3.0.15); ' +
    "the newest libssl here is 3.0.11 from test.sources/./",
    "Add a source that has libssl (>= 3.0.15); or leave out web",
  ],
  [
    "the same, two steps down",
    { install: ["shop"] },
    'install "shop": shop 1.0 needs web; web 1.24-1 needs libssl (>= 3.0.15); ' +
    "the newest libssl here is 3.0.11 from test.sources/./",
    "Add a source that has libssl (>= 3.0.15); or leave out shop",
  ],
  [
    "alternatives that nobody has",
    { install: ["orphan"] },
    'install "orphan": orphan 1.0 needs nowhere or no-such (>= 2); ' +
    "no source has nowhere, and no source has no-such",
    "Add a source that has nowhere; or add a source that has no-such; or leave out orphan",
  ],
  [
    "two that conflict",
    { install: ["left", "right"] },
    "install the packages together: left 1.0, conflicts with right; right 1.0 is needed",
    "Leave out left; or leave out right",
  ],
  [
    "two of which the dependencies conflict",
    { install: ["needs-left", "right"] },
    "install the packages together: left 1.0, for needs-left, conflicts with right; " +
    "right 1.0 is needed",
    "Leave out needs-left; or leave out right",
  ],
  [
    "one that breaks what another needs",
    { install: ["breaker", "needs-old"] },
    "install the packages together: breaker 1.0, breaks old (<< 2); " +
    "old 1.5 is needed, for needs-old",
    "Leave out breaker; or leave out needs-old",
  ],
  [
    "a virtual package that several provide",
    { install: ["mail-agent"] },
    'install "mail-agent": mail-agent is a virtual package, provided by mail-a, mail-b',
    "Ask for one of mail-a, mail-b",
  ],
  [
    "a virtual package of which all are excluded",
    { install: ["needs-mail"], exclude: ["mail-a", "mail-b"] },
    'install "needs-mail": needs-mail 1.0 needs mail-agent; ' +
    "mail-a and mail-b, which provide mail-agent, are excluded",
    "Take one of mail-a, mail-b out of exclude-packages; or leave out needs-mail",
  ],
  [
    "a package that is excluded",
    { install: ["right"], exclude: ["right"] },
    'install "right": right is excluded',
    "Take right out of exclude-packages",
  ],
  [
    "a dependency of another architecture",
    { install: ["needs-foreign"] },
    'install "needs-foreign": needs-foreign 1.0 needs foreign; foreign is there for arm64 alone',
    "Add the architecture arm64; or leave out needs-foreign",
  ],
  [
    "a dependency that a pin keeps back",
    { install: ["needs-new"] },
    'install "needs-new": needs-new 1.0 needs pinned (>= 2); ' +
    "2.0 from test.sources/./ would do, but preferences.d/site (Pin: version 1.0) keeps pinned at 1.0",
    "Remove the pin of pinned from preferences.d/site; or ask for pinned=2.0; or leave out needs-new",
  ],
  [
    "a dependency that a pin of its source package keeps back",
    { install: ["needs-by-source"] },
    'install "needs-by-source": needs-by-source 1.0 needs by-source (>= 2); ' +
    "2.0 from test.sources/./ would do, but apt prefers by-source 1.0",
    "Ask for by-source=2.0; or leave out needs-by-source",
  ],
  [
    "a dependency that a pin forbids",
    { install: ["needs-forbidden"] },
    'install "needs-forbidden": needs-forbidden 1.0 needs forbidden; ' +
    "1.0 from test.sources/./ would do, but preferences.d/no (Pin: version *) forbids forbidden",
    "Remove the pin of forbidden from preferences.d/no; or leave out needs-forbidden",
  ],
  [
    "a dependency that is locked",
    { install: ["needs-new"], locked: new Map([["pinned", "1.0"]]) },
    'install "needs-new": needs-new 1.0 needs pinned (>= 2); pinned is locked to 1.0',
    "Lock pinned to 2.0; or leave out needs-new",
  ],
  [
    "a dependency that is held",
    { install: ["needs-newer"], hold: ["installed"] },
    'install "needs-newer": needs-newer 1.0 needs installed (>= 2); installed is held at 1.0',
    "Stop holding installed; or leave out needs-newer",
  ],
  [
    "a release that does not exist",
    { install: ["libssl/sid"] },
    "plan the installation: Release 'sid' for 'libssl' was not found",
    "The message is apt's own",
  ],
];

Deno.test("AptRoot explains what cannot be had", { ignore }, async (t) => {
  await inTemp(async (dir) => {
    await Deno.mkdir(`${dir}/archive`);
    for (const spec of DEBS) await makeDeb(`${dir}/archive`, spec);
    const { sources } = await makeArchive(`${dir}/archive`);
    const root = await AptRoot.create({
      dir: `${dir}/root`,
      architecture: "amd64",
      sources: [{ name: "test.sources", text: sources }],
      preferences: PREFERENCES,
      status: STATUS,
    });
    await root.update();
    for (const [what, request, message, hint] of CASES) {
      await t.step(what, async () => {
        const error = await assertRejects(
          () => root.plan({ essential: false, ...request }),
          AptError,
        );
        assertEquals([error.message, error.hint], [`Cannot ${message}`, hint]);
      });
    }
    await t.step("what can be had is had: upgrades, holds, removals, files", async () => {
      const plan = (request: Partial<PlanRequest>) =>
        root.plan({ install: [], essential: false, ...request });
      const upgraded = await plan({ install: ["needs-newer"] });
      assertEquals(
        upgraded.packages.map(({ name, version, replaces }) => [name, version, replaces]),
        [["installed", "2.0", "1.0"], ["needs-newer", "1.0", undefined]],
      );
      const removed = await plan({ remove: ["installed"] });
      assertEquals(removed.removals, [{ name: "installed", version: "1.0" }]);
      const local = await makeDeb(dir, { name: "own", fields: depends("libssl") });
      const { packages } = await plan({ localDebs: [local] });
      assertEquals(packages.map(({ name, source }) => [name, source]), [
        ["libssl", "test.sources/./"],
        ["own", "local"],
      ]);
      const own = packages[1]!;
      assertEquals([own.uri, own.size], [`file:${local}`, (await Deno.stat(local)).size]);
      const [downloaded] = await Array.fromAsync(root.download([own], `${dir}/debs`));
      assertEquals(await Deno.readFile(downloaded!.path), await Deno.readFile(local));
      const missing = await assertRejects(() => plan({ localDebs: [`${dir}/no.deb`] }), AptError);
      assertEquals(missing.message, `Cannot install "${dir}/no.deb": there is no such file`);
    });
  });
});
