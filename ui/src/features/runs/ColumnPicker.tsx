import { lazy, Suspense } from "react";
import type { ColumnSpec } from "../../lib/columns";
import { Button } from "../../ui/Button";
import { Opener } from "../../ui/Popover";

const ColumnList = lazy(() => import("./ColumnList").then((module) => ({ default: module.ColumnList })));

export interface ColumnPickerProps {
  experiments: readonly string[];
  chosen: readonly ColumnSpec[];
  isDefault: boolean;
  /** It is known what is shown: before that a choice would leave out what is not there yet. */
  ready: boolean;
  /** What is shown follows from what is then; null: what shows by itself. */
  onChange: (change: ((now: readonly ColumnSpec[]) => ColumnSpec[]) | null) => void;
}

/** Which columns: searched on the server, so thousands of keys cost nothing. */
export function ColumnPicker(props: ColumnPickerProps) {
  return (
    <Opener
      label="Columns"
      width={360}
      button={(button) => (
        <Button icon="columns" {...button}>
          Columns
        </Button>
      )}
    >
      {() => (
        <Suspense fallback={<p style={{ height: 440 }} />}>
          <ColumnList {...props} />
        </Suspense>
      )}
    </Opener>
  );
}
