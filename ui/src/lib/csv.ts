/** Comma- or tab-separated text to rows (RFC 4180, and kinder). Pure. */

export interface Sheet {
  head: string[];
  rows: string[][];
}

export function parseSheet(text: string, separator: "," | "\t" | ";" = ","): Sheet {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] as string;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[i + 1] === '"') cell += text[(i += 1)];
      else quoted = false;
    } else if (char === '"' && cell === "") quoted = true;
    else if (char === separator) {
      row.push(cell);
      cell = "";
    } else if (char === "\n" || char === "\r") {
      if (char === "\r" && text[i + 1] === "\n") i += 1;
      rows.push([...row, cell]);
      row = [];
      cell = "";
    } else cell += char;
  }
  if (cell !== "" || row.length) rows.push([...row, cell]);
  const [head = [], ...rest] = rows.filter((one) => one.length > 1 || one[0] !== "");
  return { head, rows: rest };
}

/** Numbers as numbers, the rest as text, empty cells last in both directions. */
export function sortRows(rows: readonly string[][], column: number, descending: boolean): string[][] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = a[column] ?? "";
    const y = b[column] ?? "";
    if (x === "" || y === "") return x === y ? 0 : x === "" ? 1 : -1;
    const [m, n] = [Number(x), Number(y)];
    if (!Number.isNaN(m) && !Number.isNaN(n)) return sign * (m - n);
    return sign * x.localeCompare(y);
  });
}

export function separatorOf(path: string, text: string): "," | "\t" | ";" {
  if (/\.tsv$/i.test(path)) return "\t";
  const line = text.slice(0, text.indexOf("\n") + 1 || 1000);
  return line.split(";").length > line.split(",").length ? ";" : ",";
}
