import { useQuery } from "@tanstack/react-query";
import { marked, sessionQuery, useSignOut } from "../../api/session";
import { Button } from "../../ui/Button";

/** Who is signed in, and the way out; nothing where the server knows no users. */
export function SignedIn() {
  const { data } = useQuery({ ...sessionQuery, enabled: marked() });
  const signOut = useSignOut();
  if (!data?.username) return null;
  return (
    <>
      <span dir="auto" title={data.is_admin ? "Administrator" : "Signed in"} data-testid="signed-in">
        {data.username}
      </span>
      <Button kind="quiet" onClick={() => signOut.mutate()}>
        Sign out
      </Button>
    </>
  );
}
