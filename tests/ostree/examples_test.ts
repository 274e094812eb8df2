import { assertEquals } from "@std/assert";
import { output } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";
import { example } from "../support/example.ts";

Deno.test("the example scripts commit, diff and read what ostree sees as well", {
  ignore: await lacks("ostree"),
}, () =>
  inTemp(async (dir) => {
    const [tree, repo] = [`${dir}/tree`, `${dir}/repo`];
    await Deno.mkdir(`${tree}/usr/lib`, { recursive: true });
    await Deno.writeTextFile(`${tree}/usr/lib/os-release`, "ID=one\n");
    await Deno.writeTextFile(`${tree}/gone`, "");
    for (let at = 0; at < 100; at++) await Deno.writeTextFile(`${tree}/usr/${at}`, `${at}`);
    const first = await example("commit_directory.ts", tree, repo, "example/os");
    await Deno.writeTextFile(`${tree}/usr/lib/os-release`, "ID=two\n");
    await Deno.remove(`${tree}/gone`);
    await Deno.mkdir(`${tree}/new`);
    const second = await example("commit_directory.ts", tree, repo, "example/os");
    assertEquals(await output("ostree", "rev-parse", `--repo=${repo}`, "example/os"), second);
    assertEquals(await output("ostree", "rev-parse", `--repo=${repo}`, "example/os^"), first);
    const ours = await example("diff_commits.ts", repo, "example/os^", "example/os");
    const theirs = await output("ostree", "diff", `--repo=${repo}`, "example/os^", "example/os");
    const sorted = (text: string) => text.trim().split("\n").map((line) => line.split(/ +/)).sort();
    assertEquals(sorted(ours), sorted(theirs));
    const url = `file://${repo}`;
    assertEquals(
      await example("read_remote_file.ts", url, "example/os", "/usr/lib/os-release"),
      "ID=two\n",
    );
  }));
