import { useState } from "react";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { tell } from "../../ui/Toasts";
import { ownTags, Part } from "./Chips";
import { TagDialog } from "./ModelDialogs";
import s from "./Models.module.css";

interface Props {
  tags: Readonly<Record<string, string>>;
  edit: boolean;
  saving: boolean;
  error: Error | null;
  /** null removes a tag. */
  onChange: (tags: Record<string, string | null>) => Promise<unknown>;
}

/** Tags of a model or version, set and removed in place. */
export function Tags({ tags, edit, saving, error, onChange }: Props) {
  const [asking, setAsking] = useState(false);
  const own = ownTags(tags);
  if (own.length === 0 && !edit) return null;
  return (
    <Part
      title="Tags"
      tools={
        edit && (
          <Button kind="quiet" icon="plus" onClick={() => setAsking(true)}>
            Set
          </Button>
        )
      }
    >
      {own.length === 0 && <p className={s.faint}>None.</p>}
      <div className={s.chips} data-testid="tags">
        {own.map(([key, value]) => (
          <span key={key} className={s.chip} dir="auto">
            {key}
            {value && <b>{value}</b>}
            {edit && (
              <button
                type="button"
                aria-label={`Remove the tag ${key}`}
                onClick={() => tell(onChange({ [key]: null }), `Removed the tag ${key}`, () => tell(onChange({ [key]: value }), `The tag ${key} is back`))}
              >
                <Icon name="cross" size={12} />
              </button>
            )}
          </span>
        ))}
      </div>
      {asking && (
        <TagDialog saving={saving} error={error} onClose={() => setAsking(false)} onSave={(key, value) => void onChange({ [key]: value }).then(() => setAsking(false), () => undefined)} />
      )}
    </Part>
  );
}
