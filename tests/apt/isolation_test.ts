import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostRunner, type Runner } from "@apt-ostree/base";
import { AptError, AptRoot } from "@apt-ostree/apt";
import { faultOfCall } from "../support/apt_calls.ts";
import { makeArchive, makeDeb } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg");
/** Begins what is thrown about a command that could reach this machine. */
const WRONG = "Not isolated";

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
        const configFile = options?.env?.["APT_CONFIG"] ?? "";
        const config = configFile === "" ? "" : Deno.readTextFileSync(configFile);
        const fault = faultOfCall({ argv, configFile, config }, (at) => at === `${dir}/root`);
        if (fault !== undefined) throw new RangeError(`${WRONG}: ${fault}`);
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
    const refusedAlone = (error: unknown) => {
      const refused = error instanceof AptError || error instanceof RangeError;
      if (!refused || error.message.startsWith(WRONG)) throw error;
    };
    for (const each of fc.sample(request, { numRuns: 120, seed: 13 })) {
      await root.plan(each).catch(refusedAlone);
    }
    for (const each of fc.sample(asked, { numRuns: 40, seed: 13 })) {
      await root.candidates(each).catch(refusedAlone);
    }
    assertEquals((await root.candidates(["one"])).map(({ version }) => version), ["1.0"]);
    const { packages } = await root.plan({ install: ["one"], essential: false });
    await Array.fromAsync(root.download(packages, `${dir}/debs`));
    root.search(["one"]);
    root.show(["one"]);
    assert(calls > 60, `only ${calls} commands were seen`);
  }));
