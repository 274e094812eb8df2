import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";

/** The map that a YAML file is, and where its values stand. */
export interface LocatedYaml {
  readonly content: Readonly<Record<string, unknown>>;
  /** File, line and column of a value, by the keys that lead to it. */
  readonly locate: (keys: readonly string[]) => string;
  /** A number as it is written, `24.10` for example; `undefined` where no number stands. */
  readonly digits: (keys: readonly string[]) => string | undefined;
}

/** How {@linkcode parseLocatedYaml} goes about it. */
export interface LocatedYamlOptions {
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
  const { refuse } = options;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const fault = findFault(document);
  if (fault) throw refuse(place(fault.offset), fault.what);
  let content: unknown;
  try {
    content = document.toJS();
  } catch (error) {
    // Aliases of aliases can grow without end.
    if (!(error instanceof ReferenceError)) throw error;
    throw refuse(place(0), error.message);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw refuse(place(0), undefined);
  }
  return {
    content: content as Record<string, unknown>,
    locate: (keys) => place(find(document, keys).offset),
    digits: (keys) => {
      const { node } = find(document, keys);
      return isScalar(node) && typeof node.value === "number" ? node.source : undefined;
    },
  };
}

/** The first thing that is wrong with the YAML itself. */
function findFault(
  document: Document,
): { readonly offset: number; readonly what: string } | undefined {
  const [error] = document.errors;
  if (error) {
    const what = error.code === "MULTIPLE_DOCS" ? "a second document begins" : error.message;
    return { offset: error.pos[0], what: what.split("\n")[0]! };
  }
  // Of a tag that is not known the value would be taken as if it had none.
  const [warning] = document.warnings;
  if (warning) return { offset: warning.pos[0], what: warning.message };
  let lost: { readonly offset: number; readonly what: string } | undefined;
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const node = alias.resolve(document);
      if (node && !ancestors.includes(node)) return undefined;
      const what = node ? "part of itself" : "not there before it";
      lost = { offset: alias.range?.[0] ?? 0, what: `"*${alias.source}" names what is ${what}` };
      return visit.BREAK;
    },
  });
  return lost;
}

/** A value, and where it stands: at its key in a map, at itself in a list. */
function find(
  document: Document,
  keys: readonly string[],
): { readonly node: unknown; readonly offset: number } {
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
    } else node = undefined;
  }
  return { node, offset };
}
