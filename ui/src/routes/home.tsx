import { Home } from "../features/home/Home";

export function HomeRoute() {
  return <Home />;
}
