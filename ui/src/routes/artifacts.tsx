export function ArtifactsRoute() { return null; }
export function ArtifactRoute() { return null; }
