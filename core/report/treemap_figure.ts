import { type Html, type HtmlValue, markup } from "./markup.ts";
import { formatBytes } from "./numbers.ts";
import { HEADING, layOutTreemap, type SizedNode, type Tile } from "./treemap.ts";

const WIDTH = 1200;
const HEIGHT = 540;
/** Width of a letter of a label, more than most have. */
const LETTER = 7;
/** Parts of a group that are less than this part of everything are put together. */
const SMALL = 0.002;
/** Groups that are. */
const SMALL_GROUP = 0.015;
/** Colours that there are. */
const COLOURS = 8;

/** A treemap as a picture; all that it says is in the titles of its tiles, too. */
export function treemapFigure(
  id: string,
  label: string,
  caption: HtmlValue,
  groups: readonly SizedNode[],
): Html {
  const tiles = layOutTreemap(gather(groups), WIDTH, HEIGHT);
  return markup`<figure>
<svg class="map" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-label">
<title id="${id}-label">${label}</title>
${tiles.map(tileElement)}</svg>
<figcaption>${caption}</figcaption>
</figure>`;
}

function tileElement(tile: Tile): Html {
  const { node, depth, group, x, y, width, height } = tile;
  const classes = [
    `g${group % COLOURS}`,
    ...(depth === 0 ? ["head"] : []),
    ...(node.marked ? ["marked"] : []),
  ];
  const middle = depth === 0 ? HEADING / 2 + 4.5 : 15.5;
  const whole = depth === 0 && fit(node.title, width) === node.title;
  const name = whole ? node.title : fit(node.name, width);
  const size = formatBytes(sizeOf(node));
  const room = depth === 1 && name !== "" && height >= 36 && fit(size, width) === size;
  return markup`<g class="${classes.join(" ")}"><title>${node.title}</title>
<svg x="${x}" y="${y}" width="${width}" height="${height}">
<rect width="100%" height="100%" rx="2"/>
${name !== "" && height >= 19 && markup`<text x="5" y="${middle}">${name}</text>`}
${room && markup`<text class="size" x="5" y="31">${size}</text>`}
</svg></g>
`;
}

/** As much of a text as a tile has room for; "" for too little of it. */
function fit(text: string, width: number): string {
  const room = Math.floor((width - 9) / LETTER);
  if (text.length <= room) return text;
  return room < 5 ? "" : `${text.slice(0, room - 1)}\u2026`;
}

function sizeOf(node: SizedNode): number {
  return node.size ?? node.children?.reduce((sum, each) => sum + sizeOf(each), 0) ?? 0;
}

/** Put what is too small to be seen together, and give groups their titles. */
function gather(groups: readonly SizedNode[]): SizedNode[] {
  const all = groups.reduce((sum, each) => sum + sizeOf(each), 0);
  const small = groups.filter((each) => sizeOf(each) < all * SMALL_GROUP);
  const large = groups.filter((each) => !small.includes(each));
  const others = small.length < 2 ? small : [{
    name: "others",
    title: "others",
    children: small.map(({ name, title, marked = false, ...each }) => ({
      name,
      title,
      marked,
      size: sizeOf({ name, title, ...each }),
    })),
  }];
  return [...large, ...others].map((group) => {
    const children = group.children ?? [];
    const tiny = children.filter((each) => sizeOf(each) < all * SMALL);
    const marked = tiny.filter((each) => each.marked).length;
    const rest = sizeOf({ ...group, children: tiny });
    const kept = children.filter((each) => tiny.length < 2 || !tiny.includes(each));
    const title = `${group.name} \u00b7 ${formatBytes(sizeOf(group))}`;
    return {
      ...group,
      title,
      children: tiny.length < 2 ? kept : [...kept, {
        name: `${tiny.length} smaller`,
        title: `${tiny.length} smaller ones: ${formatBytes(rest)}${
          marked > 0 ? `, ${marked} of them changed` : ""
        }`,
        size: rest,
        marked: marked > 0,
      }],
    };
  });
}
