/** Panels of different sizes into rows. Pure. */

export const CARD_HEIGHT = 256;

export interface PanelPlace {
  id: string;
  /** Columns that it takes, at least 1. */
  wide: number;
  /** Its height, pixels. */
  tall: number;
  tile?: boolean;
}

export interface PanelSection {
  name: string;
  title?: string;
  panels: readonly PanelPlace[];
}

export interface PanelRow {
  panels: PanelPlace[];
  height: number;
}

/** In their order, a new row where a panel does not fit; a row is as high as its highest panel. */
export function packed(panels: readonly PanelPlace[], columns: number, height?: number): PanelRow[] {
  const rows: (PanelRow & { used: number })[] = [];
  for (const panel of panels) {
    const wide = Math.min(columns, Math.max(1, panel.wide));
    const row = rows.at(-1);
    if (row && row.used + wide <= columns) {
      row.panels.push(panel);
      row.used += wide;
      row.height = Math.max(row.height, height ?? panel.tall);
    } else rows.push({ panels: [panel], used: wide, height: height ?? panel.tall });
  }
  return rows.map(({ used: _, ...row }) => row);
}
