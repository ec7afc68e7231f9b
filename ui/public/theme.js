// Before the first paint: the theme that this browser chose, so that nothing flashes.
try {
  const theme = localStorage.getItem("runstone.theme");
  if (theme && theme !== "system") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme is right then.
}
