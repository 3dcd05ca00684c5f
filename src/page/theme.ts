/** Light or dark: as the system has it, or as the person chose on this machine. */
import { signal } from "@preact/signals";

const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];
const key = "orchestrator-theme";

export const theme = signal<Theme>(stored());

function stored(): Theme {
  try {
    return themes.find((each) => each === localStorage.getItem(key)) ?? "system";
  } catch {
    // storage is blocked
    return "system";
  }
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.value;
}

/** Switches to the next theme. */
export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? "system";
  applyTheme();
  try {
    localStorage.setItem(key, theme.value);
  } catch {
    // it then holds for this page alone
  }
}
