/** How a run stands: a word, an icon, a tone; never a colour alone. */

export type Tone = "ok" | "warn" | "error" | "accent" | "quiet";

export interface StatusLook {
  word: string;
  icon: "run" | "check" | "cross" | "stop" | "clock" | "crash";
  tone: Tone;
}

const LOOKS: Readonly<Record<string, StatusLook>> = {
  RUNNING: { word: "Running", icon: "run", tone: "accent" },
  SCHEDULED: { word: "Scheduled", icon: "clock", tone: "quiet" },
  FINISHED: { word: "Finished", icon: "check", tone: "ok" },
  FAILED: { word: "Failed", icon: "cross", tone: "error" },
  KILLED: { word: "Killed", icon: "stop", tone: "warn" },
  CRASHED: { word: "Crashed", icon: "crash", tone: "error" },
};

export function statusLook(status: string): StatusLook {
  return LOOKS[status] ?? { word: status, icon: "clock", tone: "quiet" };
}
