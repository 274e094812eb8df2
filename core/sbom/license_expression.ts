import { spdxException, spdxLicense } from "./license_names.ts";

/** Gives a licence that SPDX does not know a reference; its name is as the copyright file has it. */
export type LicenseReference = (name: string) => string;

/**
 * The SPDX expression of a licence as a copyright file writes it.
 *
 * `or` binds weaker than `and`, unless a comma stands before the `and`: `A or B, and C` is `(A or B)
 * and C`.
 *
 * @param synopsis For example `GPL-2+ or Artistic, and BSD-3-clause`.
 * @see https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/#license-syntax
 */
export function licenseExpression(synopsis: string, reference: LicenseReference): string {
  const [first = "", ...rest] = synopsis.split(/,\s*(and|or)\s+/i);
  let whole = parseOr(first, reference);
  for (let at = 0; at + 1 < rest.length; at += 2) {
    const operator = rest[at]!.toUpperCase() as Operator;
    whole = join(operator, [whole, parseOr(rest[at + 1]!, reference)]);
  }
  return format(whole);
}

/** All of several expressions; `NOASSERTION` for none. */
export function allOf(expressions: readonly string[]): string {
  const terms = expressions.flatMap((each) => / OR |\(/.test(each) ? [each] : each.split(" AND "));
  const parts = [...new Set(terms)];
  if (parts.length < 2) return parts[0] ?? "NOASSERTION";
  return parts.map((part) => / OR /.test(part) ? `(${part})` : part).join(" AND ");
}

type Operator = "AND" | "OR";
type Expression = string | { readonly operator: Operator; readonly parts: readonly Expression[] };

function parseOr(text: string, reference: LicenseReference): Expression {
  const parts = text.split(/\s+(?:and\/)?or\s+/i).map((part) =>
    join("AND", part.split(/\s+and\s+/i).map((name) => single(name.trim(), reference)))
  );
  return join("OR", parts);
}

function single(name: string, reference: LicenseReference): string {
  const [, license = name, exception] = /^(\S+) with (.+?)(?:[ -]exception)?$/i.exec(name) ?? [];
  const known = spdxLicense(license);
  if (exception === undefined) return known ?? reference(name);
  const withException = spdxException(exception);
  return known !== undefined && withException !== undefined
    ? `${known} WITH ${withException}`
    : reference(name);
}

function join(operator: Operator, parts: readonly Expression[]): Expression {
  const flat = parts.flatMap((part) =>
    typeof part !== "string" && part.operator === operator ? part.parts : [part]
  );
  return flat.length === 1 ? flat[0]! : { operator, parts: flat };
}

function format(expression: Expression): string {
  if (typeof expression === "string") return expression;
  return expression.parts.map((part) => typeof part === "string" ? part : `(${format(part)})`)
    .join(` ${expression.operator} `);
}
