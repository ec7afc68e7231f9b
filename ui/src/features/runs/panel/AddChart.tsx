import { Button } from "../../../ui/Button";
import { MenuItem, Opener } from "../../../ui/Popover";
import { KIND_NAMES, KINDS, type Kind } from "./specs";

/** A new chart of a kind; what it shows can be changed in its menu. */
export function AddChart({ onAdd }: { onAdd: (kind: Kind) => void }) {
  return (
    <Opener
      label="Add a chart"
      role="menu"
      button={(props) => (
        <Button {...props} icon="plus">
          Chart
        </Button>
      )}
    >
      {(close) =>
        KINDS.map((kind) => (
          <MenuItem
            key={kind}
            onChoose={() => {
              close();
              onAdd(kind);
            }}
          >
            {KIND_NAMES[kind]}
          </MenuItem>
        ))
      }
    </Opener>
  );
}
