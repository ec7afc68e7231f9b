import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeClient } from "./api/client";
import { startLive } from "./api/live";
import { legacyPath } from "./lib/search";
import { makeRouter } from "./routes/router";
import "./ui/tokens.css";
import "./ui/base.css";

const old = legacyPath(location.hash);
if (old) history.replaceState(null, "", new URL(`.${old}`, document.baseURI));

const client = makeClient();
startLive(client);
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={makeRouter(client)} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
