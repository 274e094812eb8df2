/**
 * The main job of apt-ostree, on real packages: compose a tiny Debian, then the same with one package
 * more, of which alone something new is imported.
 *
 * @module
 */
import $ from "@david/dax";
import { setup } from "./setup.ts";

const root = new URL("..", import.meta.url).pathname;
await setup([`${root}tools/packages.txt`]);
const dir = `${root}build/demo`;
const repo = `${dir}/repo`;
const program = `${root}bin/apt-ostree`;
Deno.mkdirSync(dir, { recursive: true });
await $`ostree init --repo=${repo} --mode=archive`;

const tiny = `${root}examples/debian-tiny.yaml`;
const more = `${dir}/tiny-and-hello.yaml`;
Deno.writeTextFileSync(more, `include: ${tiny}\npackages: [hello]\n`);

console.log("\n== A tiny Debian: essential packages and apt");
await $`${program} compose tree --repo=${repo} ${tiny}`;
const ref = (await $`ostree refs --repo=${repo} --list debian`.text()).trim();
const first = (await $`ostree rev-parse --repo=${repo} ${ref}`.text()).trim();

console.log("\n== The same and one package more");
await $`${program} compose tree --repo=${repo} ${more}`;
const second = (await $`ostree rev-parse --repo=${repo} ${ref}`.text()).trim();

console.log("\n== What differs");
await $`${program} db diff --repo=${repo} ${first} ${second}`;

console.log(`
The commits are in ${repo}. What to try next:
  ostree log --repo=${repo} ${ref}
  ostree ls --repo=${repo} ${ref} /usr/bin
  ${program} db list --repo=${repo} ${ref} 'lib*'
  ${program} compose tree --repo=${repo} ${root}examples/debian-minimal.yaml   # one that boots
`);
