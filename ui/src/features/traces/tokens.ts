import type { TraceTokens } from "../../api/schema.gen";
import { formatCount } from "../../lib/format";

/** `7 in, 2 out`; empty where nothing is known. */
export function tokenWords(tokens: TraceTokens | null): string {
  if (!tokens) return "";
  const parts = [tokens.input != null && `${formatCount(tokens.input)} in`, tokens.output != null && `${formatCount(tokens.output)} out`].filter(Boolean);
  return parts.join(", ") || (tokens.total == null ? "" : formatCount(tokens.total));
}
