import { assertEquals } from "@std/assert";
import { hostRunner, pathExists } from "@apt-ostree/base";
import { GROUP_ROOTS, joinGroup, newGroupName, removeGroup } from "./cell_group.ts";

const root = GROUP_ROOTS.find((each) => pathExists(`${each}/cgroup.procs`));
const ignore = Deno.uid() !== 0 || root === undefined || !await canMakeGroups(root);

/** Whether a process can go into a cgroup that is made for it. */
async function canMakeGroups(root: string): Promise<boolean> {
  const name = newGroupName();
  const script = 'mkdir "$1" && echo $$ > "$1/cgroup.procs"';
  const { success } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", `${root}/${name}`],
    stderr: "null",
  }).output();
  await removeGroup(name);
  return success;
}

/** Processes in a cgroup of somebody. */
async function inGroup(name: string, processes: number): Promise<Deno.ChildProcess[]> {
  await Deno.mkdir(`${root}/${name}`);
  const children: Deno.ChildProcess[] = [];
  for (let at = 0; at < processes; at++) {
    const child = new Deno.Command("sleep", { args: ["3606"] }).spawn();
    await Deno.writeTextFile(`${root}/${name}/cgroup.procs`, `${child.pid}`);
    children.push(child);
  }
  return children;
}

Deno.test("joinGroup() ends what waits alone in the cgroup of one who is gone, and nobody else", {
  ignore,
}, async () => {
  const gone = new Deno.Command("true").spawn();
  await gone.status;
  const names = [`apt-ostree-${gone.pid}-0`, `apt-ostree-${gone.pid}-1`, newGroupName()];
  const [lone, pair, own] = [
    await inGroup(names[0]!, 1),
    await inGroup(names[1]!, 2),
    await inGroup(names[2]!, 1),
  ];
  const joined = newGroupName();
  const enter = () => hostRunner.run(["bash", "-c", joinGroup(joined, 8)]);
  try {
    await enter();
    assertEquals((await lone[0]!.status).signal, "SIGKILL");
    await removeGroup(joined);
    for (let tries = 0; pathExists(`${root}/${names[0]}`) && tries < 100; tries++) {
      await enter();
      await removeGroup(joined);
    }
    assertEquals(names.map((name) => pathExists(`${root}/${name}`)), [false, true, true]);
    for (const { pid } of [...pair, ...own]) {
      assertEquals((await Deno.readTextFile(`/proc/${pid}/comm`)).trim(), "sleep");
    }
  } finally {
    for (const child of [...pair, ...own]) {
      child.kill();
      await child.status;
    }
    for (const name of [...names, joined]) await removeGroup(name);
  }
});
