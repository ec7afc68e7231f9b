/** What the address of a list of traces says. */
export interface TracesSearch {
  q?: string | undefined;
  filter?: string | undefined;
  state?: string | undefined;
  order?: string | undefined;
}
