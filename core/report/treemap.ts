// @ts-types="@types/d3-hierarchy"
import { hierarchy, treemap, treemapSquarify } from "d3-hierarchy";

/** Something with a size, or with parts that have. */
export interface SizedNode {
  readonly name: string;
  /** What its tile says where one points at it. */
  readonly title: string;
  /** Of leaves; in any unit. */
  readonly size?: number;
  readonly children?: readonly SizedNode[];
  /** Whether its tile is marked. */
  readonly marked?: boolean;
}

/** A rectangle of a treemap, in the units of its whole. */
export interface Tile {
  readonly node: SizedNode;
  /** 0 for groups, 1 for what is in them. */
  readonly depth: number;
  /** Which group it belongs to, largest first. */
  readonly group: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Height of a group's own line. */
export const HEADING = 20;

/**
 * Lay groups and what is in them out as rectangles whose areas are their sizes, close to squares.
 *
 * @param groups Two levels: groups, and their leaves.
 * @returns Groups before their leaves, the largest first.
 */
export function layOutTreemap(
  groups: readonly SizedNode[],
  width: number,
  height: number,
): Tile[] {
  const root = hierarchy<SizedNode>(
    { name: "", title: "", children: groups },
    (node) => node.children as SizedNode[] | undefined,
  ).sum((node) => node.children ? 0 : node.size ?? 0)
    .sort((a, b) => b.value! - a.value! || (a.data.name < b.data.name ? -1 : 1));
  const laidOut = treemap<SizedNode>().tile(treemapSquarify.ratio(1.2)).size([width, height])
    .paddingOuter((node) => node.depth === 0 ? 0 : 2).paddingInner(2)
    .paddingTop((node) => node.depth === 1 ? HEADING : 0).round(true)(root);
  const tiles: Tile[] = [];
  for (const [group, node] of (laidOut.children ?? []).entries()) {
    for (const each of [node, ...node.children ?? []]) {
      tiles.push({
        node: each.data,
        depth: each.depth - 1,
        group,
        x: each.x0,
        y: each.y0,
        width: each.x1 - each.x0,
        height: each.y1 - each.y0,
      });
    }
  }
  return tiles.filter((tile) => tile.width > 0 && tile.height > 0);
}
