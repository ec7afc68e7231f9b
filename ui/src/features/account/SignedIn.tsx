import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { marked, sessionQuery, useSignOut } from "../../api/session";
import { buttonClass } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Divider, MenuItem, Opener } from "../../ui/Popover";
import s from "./Account.module.css";

/** Who is signed in, what is theirs, and the way out; nothing where the server knows no users. */
export function SignedIn() {
  const { data } = useQuery({ ...sessionQuery, enabled: marked() });
  const signOut = useSignOut();
  const navigate = useNavigate();
  if (!data?.username) return null;
  const item = (close: () => void, act: () => void) => () => {
    close();
    act();
  };
  return (
    <Opener
      label={`Account of ${data.username}`}
      role="menu"
      button={(props) => (
        <button type="button" className={buttonClass("quiet")} title={data.is_admin ? "Administrator" : "Signed in"} {...props}>
          <span className={s.who} dir="auto" data-testid="signed-in">
            {data.username}
          </span>
          <Icon name="down" />
        </button>
      )}
    >
      {(close) => (
        <>
          <MenuItem onChoose={item(close, () => void navigate({ to: "/settings" }))}>Settings and tokens</MenuItem>
          {data.is_admin && (
            <>
              <MenuItem onChoose={item(close, () => void navigate({ to: "/admin/users" }))}>Users</MenuItem>
              <MenuItem onChoose={item(close, () => void navigate({ to: "/admin/groups" }))}>Groups</MenuItem>
            </>
          )}
          <Divider />
          <MenuItem onChoose={item(close, () => signOut.mutate())}>Sign out</MenuItem>
        </>
      )}
    </Opener>
  );
}
