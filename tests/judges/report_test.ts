import { inflateSync } from "node:zlib";
import { assert, assertEquals } from "@std/assert";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";
import { Chromium } from "./chromium.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "bwrap", "chromium");

/** A package that means harm to whoever reads about it. */
const HOSTILE = {
  name: "hostile",
  fields: { Section: "<script>document.title='bad'</script>" },
  files: {
    'usr/share/hostile/"><img src=x onerror=document.title="bad">': "x",
    "usr/lib/systemd/system/hostile.service":
      "[Unit]\nDescription=<script>document.title='bad'</script>\n[Service]\nExecStart=/bin/true\n",
  },
  control: {
    postinst: `#!/bin/sh -e
chmod 666 /usr/share/hostile/*
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /usr/lib/systemd/system/hostile.service /etc/systemd/system/multi-user.target.wants/
`,
  },
};

async function writeReport(fixture: Fixture, ...args: string[]): Promise<string> {
  const path = `${fixture.dir}/report.html`;
  const report = ["compose", "report", `--repo=${fixture.repo}`, "test/x", ...args, "-o", path];
  const { code, stderr } = await fixture.run(...report);
  assertEquals(code, 0, stderr);
  return path;
}

/** How many different colours a PNG has, of those at every 97th pixel. */
function countColours(png: Uint8Array): number {
  const view = new DataView(png.buffer, png.byteOffset);
  const parts: Uint8Array[] = [];
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    const kind = new TextDecoder().decode(png.subarray(at + 4, at + 8));
    if (kind === "IDAT") parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const pixels = inflateSync(new Uint8Array(parts.flatMap((part) => [...part])));
  const colours = new Set<string>();
  for (let at = 1; at + 3 < pixels.length; at += 3 * 97) {
    colours.add(pixels.subarray(at, at + 3).toHex());
  }
  return colours.size;
}

Deno.test("the report is whole in a browser without JavaScript, whatever it is about", {
  ignore,
}, () =>
  withFixture({ debs: [HOSTILE] }, async (fixture) => {
    const compose = async (packages: string) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [${packages}]\n`);
      const { code, stderr } = await fixture.compose(treefile);
      assertEquals(code, 0, stderr);
    };
    await compose("usr-is-merged");
    await compose("usr-is-merged, hostile");
    const page = await writeReport(fixture, "--compare=test/x^");

    const text = await Deno.readTextFile(page);
    assertEquals(/<script|<img|<link|@import|url\(/i.test(text), false);
    await using browser = await Chromium.start();
    const probe = `${fixture.dir}/probe.html`;
    await Deno.writeTextFile(probe, "<title>off</title><script>document.title='on'</script>");
    await browser.open(probe);
    assert((await browser.dom()).includes("<title>off</title>"), "a script ran");

    await browser.open(page);
    const dom = await browser.dom();
    assert(dom.includes("<title>test/x</title>"), "the title is another");
    const elements = new Set([...dom.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name]) => name!));
    const known = [
      ...["html", "head", "meta", "title", "style", "body", "a", "header", "h1", "h2", "h3", "p"],
      ...["code", "time", "bdi", "dl", "div", "dt", "dd", "span", "nav", "ul", "li", "main", "br"],
      ...["section", "figure", "figcaption", "svg", "g", "rect", "text", "details", "summary"],
      ...["table", "thead", "tbody", "tr", "th", "td", "footer"],
    ];
    assertEquals([...elements].filter((name) => !known.includes(name)), []);
    for (const id of ["changes", "packages", "directories", "checks", "scripts", "services"]) {
      assert(dom.includes(`<section id="${id}"`), id);
    }
    const words = dom.replaceAll(/<[^>]*>/g, "");
    assert(words.includes("1 package added"), "what changed");
    assert(words.includes("/usr/share/hostile/"), "what the checks found");
    assert(words.includes("&lt;script&gt;document.title='bad'&lt;/script&gt;"), "a description");
    assert(/\d+ maintainer scripts? ran/.test(words), "the record of scripts");

    const found = await browser.accessible();
    const named = (role: string) => found.filter((each) => each.role === role);
    assertEquals(named("image").length, 2);
    for (const { name } of named("image")) assert(/by size.* [kM]B/.test(name), name);
    assertEquals(named("heading").slice(0, 2).map(({ name }) => name), ["test/x", "What changed"]);
    assert(named("rowheader").some(({ name }) => name === "hostile"), "no row names the package");
    assertEquals(named("region").filter(({ name }) => name === ""), []);

    const colours: number[] = [];
    for (const scheme of ["light", "dark"] as const) {
      await browser.open(page, scheme);
      colours.push(countColours(await browser.picture()));
    }
    for (const count of colours) assert(count > 20, `the picture has ${count} colours`);
  }));
