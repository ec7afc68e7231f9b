/** Saved views of an experiment: open, save, share, make the default, rename, delete. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useDeleteView, useEditView, useSaveView, viewLink, viewsQuery } from "../../api/views";
import type { SavedView } from "../../api/schema.gen";
import { Button, IconButton } from "../../ui/Button";
import { copyText } from "../../ui/Copy";
import { FieldError, TextField } from "../../ui/Field";
import { Ago } from "../../ui/Time";
import { say } from "../../ui/Toasts";
import { homeOf, NONE, savedPart, toView, viewsHere, whole } from "./savedViews";
import type { OnSearch, RunsSearch } from "./view";
import s from "./Views.module.css";

export interface ViewsProps {
  experiments: readonly string[];
  search: RunsSearch;
  onSearch: OnSearch;
  onClose: () => void;
}

const failed = (error: Error) => say(error.message, { tone: "error" });

export function Views({ experiments, search: shown, onSearch, onClose }: ViewsProps) {
  const home = homeOf(experiments);
  const search = whole(shown, experiments);
  const found = useQuery(viewsQuery(home));
  const open = useOpen(search, onSearch);
  if (!found.data) return <p className={s.hint}>{found.error?.message ?? "…"}</p>;
  const { may_edit: mayEdit } = found.data;
  const views = viewsHere(found.data.views, experiments);
  const defaults = experiments.length > 0;
  const plain = views.some((view) => view.is_default) || search.v;
  return (
    <div className={s.views}>
      {views.length > 0 ? (
        <ul className={s.list} aria-label="Saved views">
          {views.map((view) => (
            <Row key={view.key} view={view} here={view.key === search.v} {...{ mayEdit, defaults }} onOpen={() => (open(view), onClose())} />
          ))}
        </ul>
      ) : (
        <p className={s.hint}>No view is saved yet. A view is all of this page: filter, sorting, columns, groups and charts.</p>
      )}
      {plain && (
        <Button kind="quiet" icon="reset" onClick={() => (onSearch(toView(search, {}, NONE)), onClose())}>
          Plain table
        </Button>
      )}
      {mayEdit && <SaveForm {...{ home, search, defaults }} onSaved={(view) => (onSearch({ v: view.key }, true), onClose())} />}
    </div>
  );
}

/** Opens a view: here where it is of the same experiments, else at its own address. */
function useOpen(search: RunsSearch, onSearch: ViewsProps["onSearch"]) {
  const navigate = useNavigate();
  return (view: SavedView) => {
    const of = (one: object) => (one as { exp?: string }).exp ?? "";
    if (of(view.search) === of(search)) onSearch(toView(search, view.search, view.key));
    else void navigate({ to: "/v/$key", params: { key: view.key } });
  };
}

function Row({ view, here, mayEdit, defaults, onOpen }: { view: SavedView; here: boolean; mayEdit: boolean; defaults: boolean; onOpen: () => void }) {
  const [renaming, setRenaming] = useState(false);
  const edit = useEditView();
  const remove = useDeleteView();
  const save = useSaveView();
  const copy = () => void copyText(viewLink(view.key), "the link of the view").then((done) => done && say(`Link of “${view.name}” copied`));
  const drop = () =>
    // This row may be gone before the answer is told, and what is told to a row that is gone is told to nobody.
    void remove.mutateAsync(view.key).then(() => {
      const { experiment_id, name, search, key, is_default } = view;
      say(`Deleted the view “${name}”`, { undo: () => void save.mutateAsync({ experiment_id, name, search, key, is_default }).catch(failed) });
    }, failed);
  if (renaming) return <RenameForm view={view} onDone={() => setRenaming(false)} />;
  return (
    <li data-testid="saved-view">
      <button type="button" className={s.open} aria-current={here || undefined} onClick={onOpen} dir="auto">
        {view.name}
        <small>
          {view.is_default && "default · "}
          {view.user_id && `${view.user_id} · `}
          <Ago time={view.updated} />
        </small>
      </button>
      <IconButton icon="link" label={`Copy the link of ${view.name}`} onClick={copy} />
      {mayEdit && (
        <>
          {defaults && (
            <IconButton
              icon="home"
              label={view.is_default ? `Do not open ${view.name} by default` : `Open ${view.name} by default`}
              aria-pressed={view.is_default}
              onClick={() => edit.mutate({ key: view.key, edit: { is_default: !view.is_default } }, { onError: failed })}
            />
          )}
          <IconButton icon="edit" label={`Rename ${view.name}`} onClick={() => setRenaming(true)} />
          <IconButton icon="trash" label={`Delete ${view.name}`} onClick={drop} disabled={remove.isPending} />
        </>
      )}
    </li>
  );
}

function RenameForm({ view, onDone }: { view: SavedView; onDone: () => void }) {
  const [name, setName] = useState(view.name);
  const edit = useEditView();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    edit.mutate(
      { key: view.key, edit: { name } },
      {
        onSuccess: () => {
          onDone();
          say(`Renamed to “${name.trim()}”`, { undo: () => void edit.mutateAsync({ key: view.key, edit: { name: view.name } }).catch(failed) });
        },
      },
    );
  };
  return (
    <li>
      <form className={s.form} onSubmit={submit}>
        <TextField label="Name" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} autoFocus />
        <Button type="submit" disabled={!name.trim() || edit.isPending}>
          Rename
        </Button>
        <FieldError error={edit.error} />
      </form>
    </li>
  );
}

function SaveForm({ home, search, defaults, onSaved }: { home: string; search: RunsSearch; defaults: boolean; onSaved: (view: SavedView) => void }) {
  const [name, setName] = useState("");
  const [byDefault, setByDefault] = useState(false);
  const save = useSaveView();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(
      { experiment_id: home, name, search: savedPart(search), is_default: byDefault },
      {
        onSuccess: (view) => {
          say(`Saved the view “${view.name}”`);
          onSaved(view);
        },
      },
    );
  };
  return (
    <form className={s.form} onSubmit={submit}>
      <TextField label="Save this view as" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
      <Button type="submit" kind="primary" disabled={!name.trim() || save.isPending}>
        Save
      </Button>
      {defaults && (
        <label className={s.check}>
          <input type="checkbox" checked={byDefault} onChange={(event) => setByDefault(event.target.checked)} /> Open it by default, for everybody
        </label>
      )}
      <FieldError error={save.error} />
    </form>
  );
}
