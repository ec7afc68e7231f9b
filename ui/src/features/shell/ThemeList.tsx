import { setTheme, THEMES, type Theme, theme } from "../../lib/theme";
import { MenuItem } from "../../ui/Popover";

const NAMES: Readonly<Record<Theme, string>> = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
  contrast: "High contrast",
};

export function ThemeList({ onClose }: { onClose: () => void }) {
  return THEMES.map((one) => (
    <MenuItem
      key={one}
      checked={theme() === one}
      onChoose={() => {
        setTheme(one);
        onClose();
      }}
    >
      {NAMES[one]}
    </MenuItem>
  ));
}
