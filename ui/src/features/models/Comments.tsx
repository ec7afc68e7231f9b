/** What people say about a version. */

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { commentsQuery, useComment, useDeleteComment, useEditComment } from "../../api/reviews";
import type { CommentRow } from "../../api/schema.gen";
import { formatTime } from "../../lib/format";
import { Button, IconButton } from "../../ui/Button";
import { Trouble } from "../../ui/Empty";
import { FieldError, TextArea } from "../../ui/Field";
import { Ago } from "../../ui/Time";
import { tell } from "../../ui/Toasts";
import { Part } from "./Chips";
import { TextDialog } from "./ModelDialogs";
import s from "./Models.module.css";

export function Comments({ name, version }: { name: string; version: number }) {
  const { data, error, refetch } = useQuery(commentsQuery(name, version));
  const [editing, setEditing] = useState<CommentRow | null>(null);
  const edit = useEditComment();
  if (error && !data) return <Trouble error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  return (
    <Part title="Comments" count={data.comments.length}>
      <ol className={s.moves} data-testid="comments">
        {data.comments.map((one) => (
          <Comment key={one.comment_id} name={name} version={version} one={one} onEdit={() => setEditing(one)} />
        ))}
      </ol>
      {data.may_add && <NewComment name={name} version={version} />}
      {editing && (
        <TextDialog
          title="Change the comment"
          label="Comment"
          text={editing.comment}
          saving={edit.isPending}
          error={edit.error}
          onClose={() => setEditing(null)}
          onSave={(comment) => edit.mutate({ name, version, id: editing.comment_id, comment }, { onSuccess: () => setEditing(null) })}
        />
      )}
    </Part>
  );
}

function Comment({ name, version, one, onEdit }: { name: string; version: number; one: CommentRow; onEdit: () => void }) {
  const remove = useDeleteComment();
  const add = useComment();
  const undo = () => add.mutate({ name, version, comment: one.comment });
  const submit = () => tell(remove.mutateAsync({ name, version, id: one.comment_id }), "Removed a comment", one.may.includes("edit") ? undo : undefined);
  return (
    <li>
      <small title={formatTime(one.created)}>
        <Ago time={one.created} />
        {one.updated !== one.created && " · edited"}
        {one.user_id && <> by {one.user_id}</>}
        {one.may.includes("edit") && <IconButton icon="edit" label="Change this comment" onClick={onEdit} />}
        {one.may.includes("delete") && <IconButton icon="trash" label="Remove this comment" disabled={remove.isPending} onClick={submit} />}
      </small>
      <p className={s.said} dir="auto">
        {one.comment}
      </p>
    </li>
  );
}

function NewComment({ name, version }: { name: string; version: number }) {
  const [text, setText] = useState("");
  const add = useComment();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim() || add.isPending) return;
    // Not what somebody went on to write meanwhile.
    add.mutate({ name, version, comment: text.trim() }, { onSuccess: () => setText((now) => (now === text ? "" : now)) });
  };
  return (
    <form onSubmit={submit} className={s.answers} data-screen-only>
      <TextArea label="Say something about this version" value={text} onChange={setText} />
      <FieldError error={add.error} />
      <Button type="submit" disabled={!text.trim() || add.isPending}>
        Comment
      </Button>
    </form>
  );
}
