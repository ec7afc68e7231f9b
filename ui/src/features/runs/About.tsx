/** What an experiment is about, as somebody described it. */

import { Markdown } from "../../ui/content/Markdown";

export function About({ text }: { text: string }) {
  return (
    <div style={{ padding: 8 }} data-testid="about">
      <h2 className="hidden-word">About</h2>
      <Markdown text={text} />
    </div>
  );
}
