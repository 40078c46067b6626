// SPDX-License-Identifier: Apache-2.0
/** The story of a translation as a tree, and its layout in `ofproto/trace`. */
import type { TraceKind } from "./translate/types.js";

export interface TraceNode {
  readonly kind: TraceKind;
  readonly text: string;
  readonly children: TraceNode[];
}

export class TraceTree {
  readonly roots: TraceNode[] = [];
  /** The lists of children from the root to the current node. */
  private readonly path: TraceNode[][] = [this.roots];

  open(kind: TraceKind, text: string): void {
    this.path.push(this.append(kind, text).children);
  }

  close(): void {
    this.path.pop();
  }

  add(kind: TraceKind, text: string): void {
    this.append(kind, text);
  }

  private append(kind: TraceKind, text: string): TraceNode {
    const node = { kind, text, children: [] };
    this.path[this.path.length - 1].push(node);
    return node;
  }
}

/** All lines, each with its newline. */
export function printTrace(roots: readonly TraceNode[]): string {
  return printNodes(roots, 0);
}

/** Kinds that have nothing below them. */
const LEAVES: readonly TraceKind[] = ["action", "bucket", "detail", "warn", "error"];

/** What follows a node that is the last of its siblings is not set deeper than the node: a chain
 * of resubmits at the end of action lists runs straight down. */
function printNodes(nodes: readonly TraceNode[], level: number): string {
  let text = "";
  nodes.forEach((node, i) => {
    const deeper = i < nodes.length - 1 || LEAVES.includes(node.kind) ? 1 : 0;
    text += printNode(node, " ".repeat(4 * (level + deeper)));
    text += printNodes(node.children, level + 2 * deeper);
  });
  return text;
}

function printNode({ kind, text }: TraceNode, indent: string): string {
  switch (kind) {
    case "detail":
      return `${indent} -> ${text}\n`;
    case "warn":
      return `${indent} >> ${text}\n`;
    case "error":
      return `${indent} >>>> ${text} <<<<\n`;
    case "bridge":
      return `\n${indent}${text}\n${indent}${"-".repeat(text.length)}\n`;
    default:
      return `${indent}${text}\n`;
  }
}
