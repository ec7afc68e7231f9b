import { setTheme, THEMES, type Theme, theme } from "../../lib/theme";
import { buttonClass } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { MenuItem, Opener } from "../../ui/Popover";

const NAMES: Readonly<Record<Theme, string>> = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
  contrast: "High contrast",
};

export function ThemeMenu() {
  return (
    <Opener
      label="Theme"
      role="menu"
      button={(props) => (
        <button type="button" className={buttonClass("quiet", true)} aria-label="Theme" title="Theme" {...props}>
          <Icon name="theme" />
        </button>
      )}
    >
      {(close) =>
        THEMES.map((one) => (
          <MenuItem
            key={one}
            checked={theme() === one}
            onChoose={() => {
              setTheme(one);
              close();
            }}
          >
            {NAMES[one]}
          </MenuItem>
        ))
      }
    </Opener>
  );
}
