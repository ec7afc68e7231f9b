import { lazy, Suspense } from "react";
import type { TableSpec } from "../../api/runs";
import { plural } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Opener } from "../../ui/Popover";

const EqualValues = lazy(() => import("./EqualValues").then((module) => ({ default: module.EqualValues })));

/** Params with one value in all rows, folded into one line. */
export function EqualParams({ keys, spec, onShow }: { keys: readonly string[]; spec: TableSpec; onShow: (key: string) => void }) {
  return (
    <Opener
      label="Params equal in all rows"
      button={(button) => (
        <Button kind="quiet" {...button}>
          {plural(keys.length, "param")} equal ▸
        </Button>
      )}
    >
      {() => (
        <Suspense fallback={<p>…</p>}>
          <EqualValues spec={spec} onShow={onShow} />
        </Suspense>
      )}
    </Opener>
  );
}
