import { type FormEvent, useState } from "react";
import { useEditUser } from "../../api/accounts";
import { Button } from "../../ui/Button";
import { FieldError, TextField } from "../../ui/Field";
import { say } from "../../ui/Toasts";
import s from "./Settings.module.css";

const NOTHING = { now: "", next: "", again: "" };

/** Another password for oneself; other browsers are signed out. */
export function Password({ username }: { username: string }) {
  const [typed, setTyped] = useState(NOTHING);
  const [wrong, setWrong] = useState<Error | null>(null);
  const change = useEditUser();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.next !== typed.again) {
      setWrong(new Error("The two new passwords differ."));
      return;
    }
    setWrong(null);
    change.mutate(
      { username, edit: { password: typed.next, current_password: typed.now } },
      {
        onSuccess: () => {
          setTyped(NOTHING);
          say("The password is changed; other browsers are signed out");
        },
      },
    );
  };
  const field = (key: keyof typeof NOTHING, label: string, complete: string) => (
    <TextField
      label={label}
      type="password"
      autoComplete={complete}
      value={typed[key]}
      onChange={(event) => setTyped({ ...typed, [key]: event.target.value })}
      required
    />
  );
  return (
    <section className={s.part} aria-labelledby="password">
      <h2 id="password">Password</h2>
      <form className={s.form} onSubmit={submit}>
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        {field("now", "Current password", "current-password")}
        {field("next", "New password, at least 12 characters", "new-password")}
        {field("again", "The new one again", "new-password")}
        <FieldError error={wrong ?? change.error} />
        <Button type="submit" disabled={change.isPending}>
          Change the password
        </Button>
      </form>
    </section>
  );
}
