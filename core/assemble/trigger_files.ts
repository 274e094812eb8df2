/** One line of a package's `triggers` control file. */
export interface TriggerDirective {
  readonly kind: "interest" | "activate";
  /** Name of an explicit trigger, or an absolute path for a file trigger. */
  readonly trigger: string;
  /** Whether the activating package waits until the trigger has been processed. */
  readonly await: boolean;
}

/**
 * Read a package's `triggers` control file.
 *
 * @see deb-triggers(5)
 */
export function parseTriggers(text: string): TriggerDirective[] {
  const directives: TriggerDirective[] = [];
  for (const line of text.split("\n")) {
    const words = line.replace(/#.*/, "").trim().split(/\s+/);
    const found = /^(interest|activate)(-await|-noawait)?$/.exec(words[0] ?? "");
    if (!found || words[1] === undefined) continue;
    directives.push({
      kind: found[1] as "interest" | "activate",
      trigger: words[1],
      await: found[2] !== "-noawait",
    });
  }
  return directives;
}

/** What dpkg keeps below `triggers/`: who waits for what, and what has happened. */
export interface TriggerState {
  /** File triggers: path and package, `/noawait` behind it where the package says so. */
  readonly file: readonly string[];
  /** Explicit triggers: name to the packages interested. */
  readonly explicit: ReadonlyMap<string, readonly string[]>;
}

/**
 * Record the interests of newly unpacked packages.
 *
 * @param state What is recorded already.
 * @param packages Packages in unpacking order, under the name that dpkg's database uses for them
 * (`name`, or `name:arch` where copies of several architectures can be installed).
 */
export function addInterests(
  state: TriggerState,
  packages: Iterable<
    { readonly databaseName: string; readonly triggers: readonly TriggerDirective[] }
  >,
): TriggerState {
  const file = new Set(state.file);
  const explicit = new Map([...state.explicit].map(([name, who]) => [name, new Set(who)]));
  for (const { databaseName, triggers } of packages) {
    for (const directive of triggers) {
      if (directive.kind !== "interest") continue;
      const who = directive.await ? databaseName : `${databaseName}/noawait`;
      if (directive.trigger.startsWith("/")) file.add(`${directive.trigger} ${who}`);
      else explicit.set(directive.trigger, (explicit.get(directive.trigger) ?? new Set()).add(who));
    }
  }
  return {
    file: [...file],
    explicit: new Map([...explicit].map(([name, who]) => [name, [...who]])),
  };
}

/** The state without the interests of one package. */
export function dropInterests(state: TriggerState, databaseName: string): TriggerState {
  const others = (line: string) => {
    const who = line.slice(line.lastIndexOf(" ") + 1);
    return who !== databaseName && who !== `${databaseName}/noawait`;
  };
  return {
    file: state.file.filter(others),
    explicit: new Map([...state.explicit].map(([name, who]) => [name, who.filter(others)])),
  };
}

/** Read `triggers/Unincorp`: a trigger and who waits for it on a line. */
export function parseUnincorp(text: string): [trigger: string, awaiter: string][] {
  return text.split("\n").flatMap((line) => {
    const [trigger, ...who] = line.split(" ").filter((word) => word !== "");
    return who.map((each): [string, string] => [trigger!, each]);
  });
}

/**
 * Text of `triggers/Unincorp`, from which the next dpkg run learns what has happened.
 *
 * @param activations Trigger and the package that waits for it, or `-` where none waits.
 */
export function formatUnincorp(
  activations: Iterable<readonly [trigger: string, awaiter: string]>,
): string {
  const waiting = new Map<string, Set<string>>();
  for (const [trigger, awaiter] of activations) {
    waiting.set(trigger, (waiting.get(trigger) ?? new Set()).add(awaiter));
  }
  return [...waiting].map(([trigger, who]) => {
    const real = [...who].filter((name) => name !== "-");
    return `${trigger} ${real.length > 0 ? real.join(" ") : "-"}\n`;
  }).join("");
}
