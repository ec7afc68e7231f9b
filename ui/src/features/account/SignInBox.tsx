import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { providerDoor, sessionQuery, useSignIn } from "../../api/session";
import { Button, buttonClass } from "../../ui/Button";
import { FieldError, TextField } from "../../ui/Field";
import dialog from "../../ui/Dialog.module.css";

/** Over the page while the server wants somebody to sign in; the page keeps its state below. */
export function SignInBox() {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [password, setPassword] = useState("");
  const signIn = useSignIn();
  const { data: session } = useQuery(sessionQuery);
  // Whoever was here when this was asked, if anybody: the next answer knows of nobody.
  const [before] = useState(session?.username ?? "");
  const [username, setUsername] = useState(before);
  useEffect(() => {
    ref.current?.showModal(); // which puts the focus on the first field
    if (before) ref.current?.querySelector<HTMLElement>("[type=password]")?.focus();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ username, password }, { onError: () => setPassword((now) => (now === password ? "" : now)) });
  };
  return (
    <dialog
      ref={ref}
      className={dialog.dialog}
      aria-labelledby={id}
      data-testid="sign-in"
      onCancel={(event) => event.preventDefault()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <form className={dialog.form} onSubmit={submit}>
        <h2 id={id}>Sign in</h2>
        {before && <p>Your session has ended. The page below stays as it is.</p>}
        {session?.provider && <Provider name={session.provider} />}
        <TextField
          label="User name"
          name="username"
          autoComplete="username"
          value={username}
          onChange={(event) => setUsername(event.target.value)}
          required
          autoFocus
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          required
        />
        <FieldError error={signIn.error} />
        <div className={dialog.actions}>
          <Button kind={session?.provider ? "plain" : "primary"} type="submit" disabled={signIn.isPending}>
            Sign in
          </Button>
        </div>
      </form>
    </dialog>
  );
}

/** Away to the provider, and back to this very page: filters, columns and selection are in its address. */
function Provider({ name }: { name: string }) {
  return (
    <>
      <a className={`${buttonClass("primary")} ${dialog.door}`} href={providerDoor()} dir="auto">
        Sign in with {name}
      </a>
      <p className={dialog.or}>or with a password of this server</p>
    </>
  );
}
