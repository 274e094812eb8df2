import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostRunner, type Runner } from "@apt-ostree/base";
import { AptError, AptRoot } from "@apt-ostree/apt";
import { makeArchive, makeDeb, output } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg");
const PROGRAMS = ["apt-get", "apt-cache", "apt-config", "/usr/lib/apt/apt-helper"];
/** What an apt that forgot its root would touch. */
const HOST = ["/var/lib/dpkg", "/var/lib/apt", "/var/cache/apt", "/var/log/apt", "/etc/apt"];

/** Every file with its content's digest, size, mode and time. */
async function hostState(): Promise<string> {
  const script = 'find "$@" -printf "%p %y %s %m %T@\\n" | sort; ' +
    'find "$@" -type f -print0 | sort -z | xargs -0 sha256sum';
  return await output("sh", "-c", script, "sh", ...HOST);
}

/** Fail if a command line could reach the machine it runs on. */
function checkCall(argv: readonly string[], env: Record<string, string>, dir: string): void {
  const [program = "", ...args] = argv;
  assert(PROGRAMS.includes(program), `it runs ${program}`);
  if (program === "apt-config") return assertEquals(args, ["dump"]);
  assertEquals(env["APT_CONFIG"], `${dir}/apt.conf`, argv.join(" "));
  const config = Deno.readTextFileSync(env["APT_CONFIG"]!);
  for (
    const line of [
      `Dir "${dir}";`,
      `Dir::State::status "${dir}/var/lib/dpkg/status";`,
      `Dir::Cache "${dir}/var/cache/apt";`,
      `DPkg::Options { "--root=${dir}"; "--admindir=${dir}/var/lib/dpkg"; "--force-not-root"; };`,
    ]
  ) assert(config.includes(line), `its configuration lacks ${line}`);
  if (program !== "apt-get") return;
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  const kind = options.filter((word) => !word.startsWith("-") && !word.includes("::"));
  if (kind.includes("install")) {
    assert(
      end > 0 && (options.includes("--simulate") || options.includes("--print-uris")),
      `it would install: ${argv.join(" ")}`,
    );
  } else assert(["update", "indextargets"].includes(kind[0] ?? ""), argv.join(" "));
  for (const word of options) {
    assert(!/^--?(reinstall|download-only|purge|config-file|c=)/.test(word), word);
    assert(!/^(Dir|DPkg)/i.test(word), word);
  }
}

Deno.test("no operation of AptRoot gives apt a command that could reach this machine", {
  ignore,
}, () =>
  inTemp(async (dir) => {
    const archive = `${dir}/archive`;
    await Deno.mkdir(archive);
    await makeDeb(archive, { name: "one" });
    const local = await makeDeb(dir, { name: "local" });
    const { sources } = await makeArchive(archive);
    let calls = 0;
    const runner: Runner = {
      run(argv, options) {
        calls++;
        checkCall(argv, options?.env ?? {}, `${dir}/root`);
        return hostRunner.run(argv, options);
      },
    };
    const root = await AptRoot.create({
      dir: `${dir}/root`,
      architecture: "amd64",
      foreignArchitectures: ["arm64"],
      sources: [{ name: "test.sources", text: sources }],
      runner,
    });
    await root.update();
    const word = fc.oneof(
      fc.constantFrom(
        "one",
        "none",
        "one=1.0",
        "one/test",
        "one:arm64",
        "one-",
        "--reinstall",
        "-y",
      ),
      fc.constantFrom("-oDir=/", "--", "-c/etc/apt.conf", "one+", "../x", "./x.deb", "*", "~i"),
      fc.string({ minLength: 1, maxLength: 8 }),
    );
    const known = fc.constantFrom("one", "none", "local", "one:arm64");
    // Mostly names, so that apt is asked; anything else must be refused before.
    const words = fc.oneof(
      { weight: 5, arbitrary: fc.array(known, { maxLength: 2 }) },
      { weight: 1, arbitrary: fc.array(word, { maxLength: 3 }) },
    );
    const asked = fc.array(fc.oneof(known, word), { maxLength: 2 });
    const request = fc.record({
      install: asked,
      exclude: words,
      remove: words,
      hold: words,
      recommends: fc.boolean(),
      essential: fc.boolean(),
      targetRelease: fc.option(fc.constantFrom("test", "a b", "-x", '";Dir "/'), {
        nil: undefined,
      }),
      localDebs: fc.constantFrom([], [local]),
      lockedOnly: fc.boolean(),
    }).map(({ targetRelease, ...rest }) => ({
      ...rest,
      ...(targetRelease === undefined ? {} : { targetRelease }),
    }));
    for (const each of fc.sample(request, { numRuns: 120, seed: 13 })) {
      await root.plan(each).catch((error) => {
        if (!(error instanceof AptError || error instanceof RangeError)) throw error;
      });
    }
    const { packages } = await root.plan({ install: ["one"], essential: false });
    await Array.fromAsync(root.download(packages, `${dir}/debs`));
    root.search(["one"]);
    root.show(["one"]);
    assert(calls > 60, `only ${calls} commands were seen`);
  }));

Deno.test("what AptRoot does leaves this machine's apt and dpkg as they were, to the byte", {
  ignore,
}, () =>
  inTemp(async (dir) => {
    await Deno.mkdir(`${dir}/archive`);
    await makeDeb(`${dir}/archive`, { name: "one", fields: { Depends: "two" } });
    await makeDeb(`${dir}/archive`, { name: "two" });
    const { sources } = await makeArchive(`${dir}/archive`);
    const before = await hostState();
    assert(before.length > 1000);
    const root = await AptRoot.create({
      dir: `${dir}/root`,
      architecture: "amd64",
      sources: [{ name: "test.sources", text: sources }],
      status: await Deno.readTextFile("/var/lib/dpkg/status"),
    });
    await root.update();
    const { packages } = await root.plan({ install: ["one"], essential: false, hold: ["dpkg"] });
    assertEquals(packages.map(({ name }) => name), ["two", "one"]);
    await root.plan({ install: [], essential: false, remove: ["one"] }).catch(() => {});
    await Array.fromAsync(root.download(packages, `${dir}/debs`));
    root.search(["one"]);
    root.forget();
    await root.update();
    assertEquals(await hostState(), before);
  }));
