export { Settings as SettingsRoute } from "../features/account/Settings";
