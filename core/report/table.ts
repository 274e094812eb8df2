import { type Html, type HtmlValue, markup } from "./markup.ts";
import { formatCount } from "./numbers.ts";

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** What stands in it. */
  readonly cell: (row: Row) => HtmlValue;
  /** Whether it holds numbers. */
  readonly number?: boolean;
}

/**
 * A table; the first column names the rows.
 *
 * @param label What it is about, for those who do not see it.
 * @param most Rows that are shown at most; that there are more is said.
 */
export function table<Row>(
  label: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  most = Infinity,
): Html {
  const [first, ...others] = columns;
  const more = rows.length - most;
  const heads = columns.map((each) => markup`<th scope="col"${numeric(each)}>${each.title}</th>`);
  const lines = rows.slice(0, most).map((row) => {
    const cells = others.map((each) => markup`<td${numeric(each)}>${each.cell(row)}</td>`);
    return markup`<tr><th scope="row"${numeric(first!)}>${first!.cell(row)}</th>${cells}</tr>\n`;
  });
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table>
<thead><tr>${heads}</tr></thead>
<tbody>${lines}</tbody>
</table></div>${more > 0 && markup`<p class="soft">and ${formatCount(more)} more</p>`}`;
}

function numeric(column: { readonly number?: boolean }): HtmlValue {
  return column.number ? markup` class="n"` : "";
}

/** Something long that is opened by a click, without a script. */
export function folded(summary: string, content: HtmlValue): Html {
  return markup`<details><summary>${summary}</summary>${content}</details>`;
}

/** A section of the page, under its heading. */
export function section(id: string, title: string, content: HtmlValue): Html {
  return markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>
`;
}
