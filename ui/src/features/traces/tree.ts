/** Spans as a tree that can be folded. Pure. */

import type { TraceSpan } from "../../api/schema.gen";

export interface SpanLine {
  span: TraceSpan;
  depth: number;
  children: number;
}

/** All spans below their parents, in the order in which they began; what is in a circle stands on top. */
export function spanLines(spans: readonly TraceSpan[], folded: ReadonlySet<string>): SpanLine[] {
  const below = new Map<string, TraceSpan[]>();
  for (const span of spans) {
    const siblings = below.get(span.parent_id);
    if (siblings) siblings.push(span);
    else below.set(span.parent_id, [span]);
  }
  const reached = new Set<string>();
  const lines: SpanLine[] = [];
  const walk = (roots: readonly TraceSpan[]) => {
    const stack = roots.map((span) => ({ span, depth: 0, shown: true })).reverse();
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { span, depth, shown } = next;
      if (reached.has(span.span_id)) continue;
      reached.add(span.span_id);
      const children = below.get(span.span_id) ?? [];
      if (shown) lines.push({ span, depth, children: children.length });
      const open = shown && !folded.has(span.span_id);
      for (const child of [...children].reverse()) stack.push({ span: child, depth: depth + 1, shown: open });
    }
  };
  walk(below.get("") ?? []);
  for (const span of spans) if (!reached.has(span.span_id)) walk([span]);
  return lines;
}

/** Milliseconds from the first start to the last end. */
export function spanOf(spans: readonly TraceSpan[]): number {
  return spans.reduce((most, { start, duration }) => Math.max(most, start + (duration ?? 0)), 0) || 1;
}
