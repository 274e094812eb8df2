import { assertEquals, assertMatch } from "@std/assert";
import { output, run } from "../support/archive.ts";
import { checkoutSystem } from "../support/checkout_system.ts";
import { TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg");

const ASKING = {
  name: "asking",
  version: "1.0",
  fields: { Depends: "debconf" },
  files: { "usr/share/asking": "a\n" },
  control: {
    templates: "Template: asking/color\nType: string\nDefault: red\nDescription: Which color?\n",
    config:
      "#!/bin/sh\n. /usr/share/debconf/confmodule\ndb_input high asking/color || true\ndb_go\n",
    postinst:
      '#!/bin/sh\nset -e\n. /usr/share/debconf/confmodule\ndb_get asking/color\necho "$RET" > /usr/share/color\n',
  },
};

const TREE = `${TREEFILE}packages: [asking, "foreign:i386"]
variant: required
foreign-architectures: [i386]
debconf: ["asking asking/color string blue"]
postprocess: ["echo first > /usr/share/order"]
postprocess-script: last.sh
cliwrap: true
cliwrap-binaries: [dpkg, apt-get]
`;

Deno.test(
  "treefile: variant, foreign architectures, debconf, postprocess, cliwrap in a real system",
  {
    ignore,
  },
  () =>
    withFixture({
      debs: [
        ASKING,
        { name: "foreign", architecture: "i386", files: { "usr/lib/foreign/f": "f\n" } },
        { name: "wanted", fields: { Priority: "required" }, files: { "usr/share/wanted": "w\n" } },
        {
          name: "unwanted",
          fields: { Priority: "optional" },
          files: { "usr/share/unwanted": "u\n" },
        },
      ],
    }, async (fixture) => {
      const script = `${fixture.dir}/last.sh`;
      await Deno.writeTextFile(
        script,
        "#!/bin/sh\nset -e\ntest -s /usr/share/order\necho last >> /usr/share/order\n",
      );
      await Deno.chmod(script, 0o755);
      const { code, stderr } = await fixture.compose(await fixture.treefile(TREE));
      assertEquals([code, stderr.includes("error:")], [0, false], stderr);
      const tree = await checkoutSystem(fixture.repo, "test/x", `${fixture.dir}/tree`);
      const text = (path: string) => Deno.readTextFile(`${tree}/${path}`);
      assertEquals(await text("usr/share/color"), "blue\n");
      assertEquals(await text("usr/share/order"), "first\nlast\n");
      assertEquals(await text("usr/share/wanted"), "w\n");
      assertEquals(await text("usr/lib/foreign/f"), "f\n");
      await run("sh", "-c", 'test ! -e "$1"', "sh", `${tree}/usr/share/unwanted`);
      // The tree's own programs are the judges.
      const inside = async (...argv: string[]) =>
        await output("unshare", "--mount", "chroot", tree, ...argv);
      assertEquals(await inside("dpkg", "--print-foreign-architectures"), "i386\n");
      assertEquals(await inside("dpkg", "--audit"), "");
      assertMatch(await inside("dpkg-divert", "--list", "/usr/bin/dpkg"), /local diversion/);
      assertMatch(await inside("dpkg", "-l", "asking"), /^ii {2}asking/m);
      // In a booted deployment the wrapper lets through what reads, and nothing else.
      const booted = (script: string) => inside("sh", "-c", `: > /run/ostree-booted; ${script}`);
      assertMatch(await booted("dpkg -l asking"), /^ii {2}asking/m);
      assertMatch(
        await booted("! dpkg --purge asking 2>&1 || exit 1"),
        /dpkg: this system is an image; use apt-ostree/,
      );
      await run("rm", "-rf", tree);
    }),
);
