// deno-lint-ignore-file no-console -- tells how far a long test is
import type { Difference } from "./compare_trees.ts";
import type { ExpectedDifference, Sorted } from "./expected_differences.ts";

const FILE = new URL("../../build/fidelity-report.txt", import.meta.url);

/** What came of one set. */
export interface SetResult extends Sorted {
  readonly name: string;
  /** Number of its packages. */
  readonly packages: number;
  /** Number of paths that both trees have. */
  readonly compared: number;
}

/** Collects the differences of all sets; writes `build/fidelity-report.txt` and a few lines to stdout. */
export class FidelityReport {
  readonly #entries: readonly ExpectedDifference[];
  readonly #results: SetResult[] = [];
  #sets = 0;

  /** @param entries All differences that are expected. */
  constructor(entries: readonly ExpectedDifference[]) {
    this.#entries = entries;
  }

  /** Number of sets that came to an end. */
  get sets(): number {
    return this.#sets;
  }

  /** Add a set. */
  add(result: SetResult): void {
    this.#sets++;
    this.addLayering(result);
  }

  /** Add a set that was added to another. */
  addLayering(result: SetResult): void {
    this.#results.push(result);
    const expected = [...result.expected.values()].flat().length;
    console.log(
      `${result.name}: ${result.packages} packages, ${result.compared} paths alike; ` +
        `${expected} expected differences, ${result.unexpected.length} others`,
    );
  }

  /** Entries that no set has met. */
  unused(): ExpectedDifference[] {
    return this.#entries.filter((entry) =>
      !this.#results.some(({ expected }) => expected.has(entry))
    );
  }

  /** Write the report. */
  finish(): void {
    if (this.#results.length === 0) return;
    Deno.mkdirSync(new URL(".", FILE), { recursive: true });
    const text = [
      "Composed systems beside those that apt and dpkg install in a chroot (mmdebstrap).",
      "",
      ...this.#results.map(({ name, packages, compared, unexpected }) =>
        `${name}: ${packages} packages, ${compared} paths, ${unexpected.length} unexpected differences`
      ),
      "",
      `Expected differences, ${this.#entries.length} entries:`,
      ...this.#entries.map((entry) => this.#describe(entry)),
      ...this.#results.flatMap(({ name, unexpected }) =>
        unexpected.map((each) => `Unexpected in ${name}: ${describe(each)}`)
      ),
    ];
    Deno.writeTextFileSync(FILE, `${text.join("\n")}\n`);
    console.log(`expected differences: ${this.#entries.length} entries, see ${FILE.pathname}`);
  }

  #describe(entry: ExpectedDifference): string {
    const found = this.#results.flatMap(({ name, expected }) =>
      (expected.get(entry) ?? []).map((difference) => ({ name, difference }))
    );
    const sets = [...new Set(found.map(({ name }) => name))];
    return [
      `- ${entry.path} (${entry.aspects.join(", ")})`,
      `  ${entry.reason.trim().replace(/\s+/g, " ")}`,
      `  ${found.length} times, in ${sets.join(", ") || "no set"}`,
      ...found.slice(0, 3).map(({ difference }) => `    ${describe(difference)}`),
    ].join("\n");
  }
}

function describe({ aspect, path, detail }: Difference): string {
  return `${aspect} ${path}: ${detail}`;
}
