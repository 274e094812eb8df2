import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** The map that a YAML file is, and where its values stand. */
export interface LocatedYaml {
  readonly content: Readonly<Record<string, unknown>>;
  /** File, line and column of a value, by the keys that lead to it. */
  readonly locate: (keys: readonly string[]) => string;
}

/** How {@linkcode parseLocatedYaml} goes about it. */
export interface LocatedYamlOptions {
  /** What places say behind file, line and column. @default {""} */
  readonly suffix?: string;
  /** Makes the error for a file that is no map: `undefined` where the YAML itself is broken. */
  readonly refuse: (place: string, brokenAs: string | undefined) => Error;
}

/**
 * Read YAML, of which JSON is a part, as a map.
 *
 * @throws What `options.refuse` makes.
 */
export function parseLocatedYaml(
  text: string,
  path: string,
  options: LocatedYamlOptions,
): LocatedYaml {
  const { suffix = "", refuse } = options;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}${suffix}`;
  };
  const [error] = document.errors;
  if (error) throw refuse(place(error.pos[0]), error.message.split("\n")[0]!);
  const content: unknown = document.toJS();
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw refuse(place(0), undefined);
  }
  return {
    content: content as Record<string, unknown>,
    locate: (keys) => place(offsetOf(document, keys)),
  };
}

/** Where a value stands: at its key in a map, at itself in a list. */
function offsetOf(document: Document, keys: readonly string[]): number {
  let offset = 0;
  let node: unknown = document.contents;
  for (const key of keys) {
    if (isMap<Node>(node)) {
      const item = node.items.find((each) => isScalar(each.key) && String(each.key.value) === key);
      offset = item?.key.range?.[0] ?? offset;
      node = item?.value;
    } else if (isSeq<Node>(node)) {
      node = node.items[Number(key)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    }
  }
  return offset;
}
