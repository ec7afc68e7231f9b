import { useRouter } from "@tanstack/react-router";
import { memo, type MouseEvent } from "react";

/** The name of a run in a long table. The router's own links are drawn again at each change of the address, however many there are. */
export const RunLink = memo(function RunLink({ run, children }: { run: string; children: string }) {
  const router = useRouter();
  const to = { to: "/runs/$runId", params: { runId: run } } as const;
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void router.navigate(to);
  };
  return (
    <a
      href={`${router.basepath.replace(/\/$/, "")}/runs/${encodeURIComponent(run)}`}
      tabIndex={-1}
      dir="auto"
      onClick={follow}
      onMouseEnter={() => void router.preloadRoute(to)}
    >
      {children}
    </a>
  );
});
